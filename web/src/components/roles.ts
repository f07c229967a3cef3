import { msg } from '../i18n';

export const ROLES: Record<string, string> = {
  administrator: msg('Administrator'),
  'backup-operator': msg('Backup operator'),
  'restore-operator': msg('Restore operator'),
  viewer: msg('Viewer'),
  auditor: msg('Auditor'),
};
