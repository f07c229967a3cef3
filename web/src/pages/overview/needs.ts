import type { TFunction } from 'i18next';
import type { Need } from '../../api/types';
import { words } from '../../i18n';
import { count } from '../../lib/format';

/** What is wrong, why, and where more is told. */
export type Told = { title: string; why: string; to: string; link: string };

const node = (need: Need) => `/nodes/${encodeURIComponent(need.node)}`;
const reason = (need: Need) => words(need.text, need.phrase);
const log = (need: Need) => `/tasks/${need.task}`;

const ABOUT: Record<string, (need: Need, t: TFunction) => Told> = {
  damaged: (need, t) => ({
    title: t('{{node}}: files of snapshots are damaged', { node: need.node }),
    why: t('Damaged files: {{files}}', { files: count(Number(need.about)) }),
    to: '/damage',
    link: t('Show damage'),
  }),
  failing: (need, t) => ({
    title: t('{{node}}: plan {{plan}} fails', { node: need.node, plan: need.plan }),
    why:
      reason(need) + (Number(need.about) > 1 ? ` ${t('(failed runs in a row: {{runs}})', { runs: need.about })}` : ''),
    to: log(need),
    link: t('Open log'),
  }),
  suspended: (need, t) => ({
    title: t('{{node}}: backups are suspended', { node: need.node }),
    why: reason(need),
    to: node(need),
    link: t('Open node'),
  }),
  overdue: (need, t) => ({
    title: t('{{node}}: the backup of plan {{plan}} is overdue', { node: need.node, plan: need.plan }),
    why:
      need.about === 'offline'
        ? t('The client is offline. Start the machine or its holdfast service.')
        : need.about === 'paused'
          ? t('The plan is paused.')
          : t('The client is online, but has made no snapshot since it was due.'),
    to: node(need),
    link: t('Open node'),
  }),
  'never-backed-up': (need, t) => ({
    title: t('{{node}} has no snapshots', { node: need.node }),
    why: t('Plan {{plan}} has not run yet.', { plan: need.plan }),
    to: node(need),
    link: t('Open node'),
  }),
  'no-plan': (need, t) => ({
    title: t('{{node}} has no plan', { node: need.node }),
    why: t('No plan backs up this machine on a schedule.'),
    to: `${node(need)}/protect`,
    link: t('Protect this machine'),
  }),
  'retention-paused': (need, t) => ({
    title:
      need.about === 'confirmed'
        ? t('{{node}}: an attack was confirmed', { node: need.node })
        : t('{{node}}: a backup looks like an attack', { node: need.node }),
    why: reason(need),
    to: `/attack?node=${encodeURIComponent(need.node)}`,
    link: t('Keep or release'),
  }),
  incomplete: (need, t) => ({
    title: t('{{node}}: the newest snapshot of plan {{plan}} is incomplete', { node: need.node, plan: need.plan }),
    why: t('Files that could not be read: {{files}}', { files: count(Number(need.about)) }),
    to: log(need),
    link: t('Open log'),
  }),
  'no-vault': (_, t) => ({
    title: t('No vault is configured'),
    why: t('There are no off-site copies. If this server is lost, so are all backups.'),
    to: '/setup?step=vault',
    link: t('Set up a vault'),
  }),
  'vault-error': (need, t) => ({
    title: t('Vault {{name}}: uploads fail', { name: need.about }),
    why: reason(need),
    to: '/vaults',
    link: t('Open vaults'),
  }),
  'nearly-full': (need, t) => ({
    title: t('The volumes are nearly full'),
    why: reason(need),
    to: '/storage',
    link: t('Open storage'),
  }),
  'almost-full': (need, t) => ({
    title: t('The volumes are almost full; backups will soon be refused'),
    why: reason(need),
    to: '/storage',
    link: t('Open storage'),
  }),
  full: (need, t) => ({
    title: t('The volumes are full; backups are refused'),
    why: reason(need),
    to: '/storage',
    link: t('Open storage'),
  }),
};

export function tell(need: Need, t: TFunction): Told {
  const known = ABOUT[need.kind];
  return known
    ? known(need, t)
    : {
        title: need.node ? `${need.node}: ${reason(need)}` : reason(need),
        why: '',
        to: '/events',
        link: t('Open events'),
      };
}
