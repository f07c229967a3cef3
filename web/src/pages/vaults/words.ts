import { msg } from '../../i18n';

/** Names of storage classes, as OSS has them. */
export const CLASSES = {
  STANDARD: 'Standard',
  INFREQUENT: 'IA',
  ARCHIVE: 'Archive',
  COLD_ARCHIVE: 'ColdArchive',
} as const;

export const WHENS = {
  IMMEDIATELY: msg('by itself'),
  MANUALLY: msg('when somebody asks'),
  NEVER: msg('never: only read'),
} as const;

/** What the appliance calls the states of a vault's uploads. */
export const STATES: Record<string, string> = {
  starting: msg('starting'),
  idle: msg('idle'),
  uploading: msg('uploading'),
  refused: msg('refused'),
  'waiting to try again': msg('waiting to try again'),
  'cancelled for an hour': msg('cancelled for an hour'),
};
