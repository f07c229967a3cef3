import { msg } from '../../i18n';

/** The names of storage classes in OSS. */
export const CLASSES = {
  STANDARD: 'Standard',
  INFREQUENT: 'IA',
  ARCHIVE: 'Archive',
  COLD_ARCHIVE: 'ColdArchive',
} as const;

export const WHENS = {
  IMMEDIATELY: msg('Automatically'),
  MANUALLY: msg('On demand'),
  NEVER: msg('Never (read-only)'),
} as const;

/** The upload states of a vault, by their value in the API. */
export const STATES: Record<string, string> = {
  starting: msg('Starting'),
  'not running': msg('Not running'),
  idle: msg('Idle'),
  uploading: msg('Uploading'),
  'taking over what the appliance before left there': msg('Taking over the vault'),
  'waiting until the recovery from the first vault has filled the index': msg(
    'Waiting for the recovery from the first vault',
  ),
  'recovering the list of snapshots': msg('Recovering the list of snapshots'),
  'recovering the index': msg('Recovering the index'),
  'recovering snapshots': msg('Recovering snapshots'),
  'recovery stopped; it will be resumed shortly': msg('Recovery stopped. It resumes shortly.'),
  refused: msg('Refused'),
  'waiting to try again': msg('Waiting to retry'),
  closing: msg('Closing'),
  'cancelled for an hour': msg('Cancelled for one hour'),
};
