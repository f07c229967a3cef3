import type { TFunction } from 'i18next';
import type { Plan, Policy } from '../api/types';
import { bytes, duration, rate } from './format';

export const NEW_PLAN: Plan = {
  what: { paths: ['/'], excludes: [], oneFileSystem: false, before: '', after: '', scriptMinutes: 60 },
  when: {
    schedule: '0 1 * * *',
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    hours: [],
    jitterMinutes: 30,
    makeUp: true,
    overdueMinutes: 120,
  },
  how: { threads: 0, readBytesPerSecond: 0, sendBytesPerSecond: 0, idle: true, priority: 5 },
};

export const NEW_POLICY: Policy = {
  keep: { last: 3, hourly: 0, daily: 14, weekly: 8, monthly: 12, yearly: 0, withinDays: 0 },
  lockDays: 0,
  compliance: false,
};

export type Options = NonNullable<Plan['what']['options']>;

const NO_OPTIONS: Options = {
  optionalPaths: [],
  anyCaseExcludes: [],
  excludeCaches: false,
  excludeIfPresent: [],
  excludeLargerThanBytes: 0,
  tags: [],
  streamScript: '',
  streamName: '',
};

export const optionsOf = (plan: Plan): Options => plan.what.options ?? NO_OPTIONS;

/** With some options changed. A plan that has none keeps the form that older releases know. */
export function withOptions(what: Plan['what'], part: Partial<Options>): Plan['what'] {
  const options = { ...NO_OPTIONS, ...what.options, ...part };
  return { ...what, options: JSON.stringify(options) === JSON.stringify(NO_OPTIONS) ? null : options };
}

/** What a plan backs up, in short. */
export function sourcesOf(plan: Plan, t: TFunction): string {
  const options = optionsOf(plan);
  return options.streamScript
    ? t('what the script {{script}} prints, as {{name}}', { script: options.streamScript, name: options.streamName })
    : [...plan.what.paths, ...options.optionalPaths.map((path) => t('{{path}} if it is there', { path }))].join(', ');
}

/** A plan in plain words. */
export function describePlan(plan: Plan, t: TFunction): string[] {
  const { what, when, how } = plan;
  const options = optionsOf(plan);
  const patterns = [
    ...what.excludes,
    ...options.anyCaseExcludes.map((pattern) => t('{{pattern}} in upper or lower case', { pattern })),
  ];
  const said = [
    t('Backs up {{paths}}', { paths: sourcesOf(plan, t) }) +
      (patterns.length > 0 ? t(', without {{patterns}}', { patterns: patterns.join(', ') }) : '') +
      (what.oneFileSystem ? t(', on their own file systems only') : '') +
      t('.'),
  ];
  const left = [
    options.excludeCaches ? t('caches marked with CACHEDIR.TAG') : '',
    options.excludeIfPresent.length > 0
      ? t('what directories with {{names}} hold', { names: options.excludeIfPresent.join(', ') })
      : '',
    options.excludeLargerThanBytes > 0
      ? t('files larger than {{size}}', { size: bytes(options.excludeLargerThanBytes) })
      : '',
  ].filter(Boolean);
  if (left.length > 0) {
    said.push(t('Leaves out {{what}}.', { what: left.join(', ') }));
  }
  if (options.tags.length > 0) {
    said.push(t('Its snapshots have the tags {{tags}}.', { tags: options.tags.join(', ') }));
  }
  if (when.schedule) {
    said.push(
      t('Due by the schedule {{schedule}}, {{zone}} time', { schedule: when.schedule, zone: when.zone }) +
        (when.jitterMinutes > 0 ? t(', nodes spread over {{time}}', { time: duration(when.jitterMinutes * 60) }) : '') +
        (when.hours.length > 0 ? t(', begun only during {{hours}}', { hours: when.hours.join('; ') }) : '') +
        t('.'),
    );
    said.push(when.makeUp ? t('A run that was missed is made up.') : t('A run that was missed is left out.'));
    if (when.overdueMinutes > 0) {
      said.push(
        t('Without a snapshot {{time}} after it was due, somebody is told.', {
          time: duration(when.overdueMinutes * 60),
        }),
      );
    }
  } else {
    said.push(t('Runs only when somebody asks.'));
  }
  if (what.before) {
    said.push(t('Before, the node’s script {{script}} must succeed.', { script: what.before }));
  }
  if (what.after) {
    said.push(t('After, the node’s script {{script}} is run.', { script: what.after }));
  }
  const limits = [
    how.threads > 0 ? t('{{count}} threads', { count: how.threads }) : '',
    how.readBytesPerSecond > 0 ? t('{{rate}} read', { rate: rate(how.readBytesPerSecond) }) : '',
    how.sendBytesPerSecond > 0 ? t('{{rate}} sent', { rate: rate(how.sendBytesPerSecond) }) : '',
  ].filter(Boolean);
  if (limits.length > 0) {
    said.push(t('It takes at most {{limits}}.', { limits: limits.join(', ') }));
  }
  if (how.idle) {
    said.push(t('It gives way to whatever else the machine does.'));
  }
  return said;
}

/** A policy in plain words. */
export function describePolicy(policy: Policy, t: TFunction): string[] {
  const { keep } = policy;
  const kept = [
    keep.last ? t('the last {{count}}', { count: keep.last }) : '',
    keep.hourly ? t('one of each of {{count}} hours', { count: keep.hourly }) : '',
    keep.daily ? t('one of each of {{count}} days', { count: keep.daily }) : '',
    keep.weekly ? t('one of each of {{count}} weeks', { count: keep.weekly }) : '',
    keep.monthly ? t('one of each of {{count}} months', { count: keep.monthly }) : '',
    keep.yearly ? t('one of each of {{count}} years', { count: keep.yearly }) : '',
    keep.withinDays ? t('all within {{count}} days before the newest', { count: keep.withinDays }) : '',
  ].filter(Boolean);
  return [
    kept.length > 0 ? t('Keeps {{what}}.', { what: kept.join(', ') }) : t('Keeps every snapshot.'),
    policy.lockDays > 0
      ? t('A new snapshot cannot be forgotten for {{count}} days.', { count: policy.lockDays }) +
        (policy.compliance ? ` ${t('Nobody can undo that, the administrator included.')}` : '')
      : t('Snapshots are not locked.'),
  ];
}
