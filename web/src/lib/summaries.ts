import type { TFunction } from 'i18next';
import type { Plan, Policy } from '../api/types';
import { bytes, duration, rate } from './format';
import { optionsOf } from './plans';

/** Names of the programs and file systems, which are the same in all languages. */
export const SNAPSHOT_MODES: Record<string, string> = { lvm: 'LVM', btrfs: 'btrfs', zfs: 'ZFS' };

/** A short description of a plan's sources. */
export function sourcesOf(plan: Plan, t: TFunction): string {
  const options = optionsOf(plan);
  return options.streamScript
    ? t('the output of the script {{script}} as {{name}}', { script: options.streamScript, name: options.streamName })
    : [
        ...(options.disks ?? []).map((path) => t('disk {{path}}', { path })),
        ...plan.what.paths,
        ...options.optionalPaths.map((path) => t('{{path}} (if present)', { path })),
      ].join(', ');
}

/** A summary of a plan, one sentence per entry. */
export function describePlan(plan: Plan, t: TFunction): string[] {
  const { what, when, how } = plan;
  const options = optionsOf(plan);
  const patterns = [
    ...what.excludes,
    ...options.anyCaseExcludes.map((pattern) => t('{{pattern}} (case-insensitive)', { pattern })),
  ];
  const said = [
    t('Backs up {{paths}}', { paths: sourcesOf(plan, t) }) +
      (patterns.length > 0 ? t(', excluding {{patterns}}', { patterns: patterns.join(', ') }) : '') +
      (what.oneFileSystem ? t(', without crossing file system boundaries') : '') +
      t('.'),
  ];
  const left = [
    options.excludeCaches ? t('the contents of directories that have a CACHEDIR.TAG') : '',
    options.excludeIfPresent.length > 0
      ? t('the contents of directories that contain {{names}}', { names: options.excludeIfPresent.join(', ') })
      : '',
    options.excludeLargerThanBytes > 0
      ? t('files larger than {{size}}', { size: bytes(options.excludeLargerThanBytes) })
      : '',
  ].filter(Boolean);
  if (left.length > 0) {
    said.push(t('Excludes {{what}}.', { what: left.join(', ') }));
  }
  if (options.tags.length > 0) {
    said.push(t('Snapshots get the tags {{tags}}.', { tags: options.tags.join(', ') }));
  }
  if (options.snapshot) {
    said.push(
      options.snapshot === 'auto'
        ? t('Reads source snapshots of the file systems that have them.')
        : t('Reads source snapshots by {{mode}}.', { mode: SNAPSHOT_MODES[options.snapshot] ?? options.snapshot }),
    );
  }
  if (when.schedule) {
    said.push(
      t('Runs on the schedule {{schedule}} ({{zone}})', { schedule: when.schedule, zone: when.zone }) +
        (when.jitterMinutes > 0
          ? t(', with start times spread over {{time}}', { time: duration(when.jitterMinutes * 60) })
          : '') +
        (when.hours.length > 0 ? t(', starting only during {{hours}}', { hours: when.hours.join('; ') }) : '') +
        t('.'),
    );
    said.push(when.makeUp ? t('Missed runs are caught up.') : t('Missed runs are skipped.'));
    if (when.overdueMinutes > 0) {
      said.push(
        t('An alert is sent when a backup is overdue by {{time}}.', {
          time: duration(when.overdueMinutes * 60),
        }),
      );
    }
  } else {
    said.push(t('Runs only on demand.'));
  }
  if (what.before) {
    said.push(
      t('Runs the script {{script}} on the node before the backup. If the script fails, the backup fails.', {
        script: what.before,
      }),
    );
  }
  if (what.after) {
    said.push(t('Runs the script {{script}} on the node after the backup.', { script: what.after }));
  }
  const limits = [
    how.threads > 0 ? t('{{count}} threads', { count: how.threads }) : '',
    how.readBytesPerSecond > 0 ? t('reading {{rate}}', { rate: rate(how.readBytesPerSecond) }) : '',
    how.sendBytesPerSecond > 0 ? t('sending {{rate}}', { rate: rate(how.sendBytesPerSecond) }) : '',
  ].filter(Boolean);
  if (limits.length > 0) {
    said.push(t('Limits: {{limits}}.', { limits: limits.join(', ') }));
  }
  if (how.idle) {
    said.push(t('Yields CPU and disk to other work on the node.'));
  }
  if (plan.upgradeClients) {
    said.push(
      t(
        'Upgrades the clients to the newest package that the appliance offers, one node at a time. Stops if one fails.',
      ),
    );
  }
  return said;
}

/** A summary of a policy, one sentence per entry. */
export function describePolicy(policy: Policy, t: TFunction): string[] {
  const { keep } = policy;
  const kept = [
    keep.last ? t('the last {{count}}', { count: keep.last }) : '',
    keep.hourly ? t('{{count}} hourly', { count: keep.hourly }) : '',
    keep.daily ? t('{{count}} daily', { count: keep.daily }) : '',
    keep.weekly ? t('{{count}} weekly', { count: keep.weekly }) : '',
    keep.monthly ? t('{{count}} monthly', { count: keep.monthly }) : '',
    keep.yearly ? t('{{count}} yearly', { count: keep.yearly }) : '',
    keep.withinDays ? t('all within {{count}} days of the newest', { count: keep.withinDays }) : '',
    keep.withinHours ? t('all within {{count}} hours of the newest', { count: keep.withinHours }) : '',
  ].filter(Boolean);
  return [
    kept.length > 0 ? t('Snapshots kept: {{what}}.', { what: kept.join(', ') }) : t('All snapshots are kept.'),
    policy.lockDays > 0
      ? t('New snapshots are locked for {{count}} days.', { count: policy.lockDays }) +
        (policy.compliance ? ` ${t('The lock cannot be removed, even by an administrator.')}` : '')
      : t('New snapshots are not locked.'),
  ];
}
