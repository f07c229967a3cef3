import type { TFunction } from 'i18next';
import { msg } from '../i18n';

/** Why a retention policy keeps a snapshot, as the appliance names it. */
const REASONS: Record<string, string> = {
  'no rule': msg('no rule'),
  last: msg('one of the last'),
  within: msg('recent enough'),
  hourly: msg('hourly'),
  daily: msg('daily'),
  weekly: msg('weekly'),
  monthly: msg('monthly'),
  yearly: msg('yearly'),
  newest: msg('the newest'),
  'in the future': msg('its time is in the future'),
  locked: msg('locked'),
  'in use': msg('in use by an instant recovery'),
  'locked (compliance)': msg('locked (compliance mode)'),
};

/** A reason for which a snapshot stays, in words. */
export function reason(text: string, t: TFunction): string {
  const held = /^held: (.*)$/s.exec(text)?.[1];
  if (held !== undefined) {
    return t('on hold: {{why}}', { why: held });
  }
  const paused = /^retention paused: (.*)$/s.exec(text)?.[1];
  return paused === undefined ? t(REASONS[text] ?? text) : t('retention paused: {{why}}', { why: paused });
}
