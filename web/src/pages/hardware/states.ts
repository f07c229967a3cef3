import type { HardwarePart } from '../../api/types';
import { msg } from '../../i18n';

/** How each state is shown: a symbol and a word beside the colour. */
export const STATES: Record<
  string,
  { text: string; symbol: string; status: 'success' | 'warning' | 'danger' | 'info' }
> = {
  ok: { text: msg('Healthy'), symbol: '✓', status: 'success' },
  warning: { text: msg('Warning'), symbol: '!', status: 'warning' },
  failed: { text: msg('Failure'), symbol: '✕', status: 'danger' },
  absent: { text: msg('Missing'), symbol: '✕', status: 'danger' },
  unknown: { text: msg('Unknown'), symbol: '?', status: 'info' },
};

export const KINDS: Record<string, string> = {
  'power-supply': msg('Power supply'),
  fan: msg('Fan'),
  temperature: msg('Temperature'),
  'raid-controller': msg('RAID controller'),
  'write-cache': msg('Write cache'),
  battery: msg('Cache battery'),
  array: msg('Array'),
  disk: msg('Disk'),
  memory: msg('Memory'),
  'event-log': msg('Event log'),
};

export const stateOf = (state: string) => STATES[state] ?? { text: state, symbol: '?', status: 'info' as const };

const RANK = ['ok', 'unknown', 'warning', 'absent', 'failed'];

/** The state of several parts: that of the one that matters most. */
export const worst = (parts: HardwarePart[]) =>
  parts.reduce((found, part) => (RANK.indexOf(part.state) > RANK.indexOf(found) ? part.state : found), 'ok');
