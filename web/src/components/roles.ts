import { msg } from '../i18n';

export const ROLES: Record<string, string> = {
  administrator: msg('Administrator'),
  'backup-operator': msg('Backup operator'),
  'restore-operator': msg('Restore operator'),
  viewer: msg('Viewer'),
  auditor: msg('Auditor'),
};

/** What a user may do, by the name of the permission in the API, in the order in which it is shown. */
export const PERMISSIONS: Record<string, string> = {
  VIEW: msg('View nodes, plans, tasks, snapshots, vaults and events'),
  BROWSE: msg('View the names of files in snapshots'),
  RESTORE: msg('Restore and download files'),
  OPERATE: msg('Start, pause and cancel backups, restore tests and maintenance'),
  PLAN: msg('Change backup plans and the nodes they apply to'),
  ENROL: msg('Enrol machines'),
  NODES: msg('Rename, upgrade and remove nodes'),
  PROTECT: msg('Hold and lock snapshots, acknowledge events, forget parts of the server'),
  DESTROY: msg('Delete snapshots, change retention, and end holds, pauses and suspensions'),
  VAULTS: msg('Change vaults'),
  SETTINGS: msg('Change the settings of the appliance'),
  AUDIT: msg('Read the audit log'),
  USERS: msg('Change users and their roles'),
};
