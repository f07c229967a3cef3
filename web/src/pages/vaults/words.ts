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

/** The state of a vault that was set since the appliance started. */
export const FROM_NEXT_START = 'set; used from the next start of the appliance';

/** The upload states of a vault, by their value in the API. */
export const STATES: Record<string, string> = {
  starting: msg('starting'),
  [FROM_NEXT_START]: msg('set up; used from the next start of the appliance'),
  'not running': msg('not running'),
  idle: msg('idle'),
  uploading: msg('uploading'),
  refused: msg('refused'),
  'waiting to try again': msg('waiting to retry'),
  'cancelled for an hour': msg('cancelled for one hour'),
};
