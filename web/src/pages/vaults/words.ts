import { msg } from '../../i18n';

/** The names of storage classes in OSS. */
export const CLASSES = {
  STANDARD: 'Standard',
  INFREQUENT: 'IA',
  ARCHIVE: 'Archive',
  COLD_ARCHIVE: 'ColdArchive',
} as const;

export const WHENS = {
  IMMEDIATELY: msg('automatically'),
  MANUALLY: msg('on demand'),
  NEVER: msg('never (read-only)'),
} as const;

/** The upload states of a vault, by their value in the API. */
export const STATES: Record<string, string> = {
  starting: msg('starting'),
  idle: msg('idle'),
  uploading: msg('uploading'),
  refused: msg('refused'),
  'waiting to try again': msg('waiting to retry'),
  'cancelled for an hour': msg('cancelled for one hour'),
};
