import type { Plan, Policy } from '../api/types';

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

/** Minutes between the runs of a schedule that runs several times an hour, all day; null for others. */
export function minutesBetween(schedule: string): number | null {
  const every = /^(?:\*|\*\/(\d+)) \* \* \* \*$/.exec(schedule.trim());
  return every ? Number(every[1] ?? 1) : null;
}

/** More often than this, a plan needs a policy of its own. */
export const FREQUENT_MINUTES = 15;

/** What fits a frequent schedule: no spread, and an alert after minutes. */
export function withSchedule(draft: PlanDraft, schedule: string): Partial<PlanDraft> {
  const minutes = minutesBetween(schedule);
  return minutes === null || minutes >= FREQUENT_MINUTES
    ? { schedule }
    : { schedule, jitterMinutes: 0, overdueMinutes: Math.min(draft.overdueMinutes, Math.max(5, 2 * minutes)) };
}

type Options = NonNullable<Plan['what']['options']>;

const NO_OPTIONS: Options = {
  optionalPaths: [],
  anyCaseExcludes: [],
  excludeCaches: false,
  excludeIfPresent: [],
  excludeLargerThanBytes: 0,
  tags: [],
  streamScript: '',
  streamName: '',
  disks: null,
  snapshot: null,
  snapshotPercent: null,
};

export const optionsOf = (plan: Plan): Options => plan.what.options ?? NO_OPTIONS;

/** Returns the sources with changed options. Default options are stored as null, which older releases understand. */
export function withOptions(what: Plan['what'], part: Partial<Options>): Plan['what'] {
  const options = { ...NO_OPTIONS, ...what.options, ...part };
  return { ...what, options: JSON.stringify(options) === JSON.stringify(NO_OPTIONS) ? null : options };
}

const MEGABYTE = 1e6;

/** A plan as edited in its form: flat, with sizes in megabytes. */
export type PlanDraft = ReturnType<typeof draftOf>;

export function draftOf(name: string, plan: Plan, nodes: string[]) {
  const { what, when, how } = plan;
  const options = optionsOf(plan);
  return {
    name,
    nodes,
    /** The original plan; fields that the form does not show are kept. */
    plan,
    source: (options.streamScript ? 'stream' : options.disks?.length ? 'disks' : 'paths') as
      | 'stream'
      | 'disks'
      | 'paths',
    paths: what.paths,
    excludes: what.excludes,
    oneFileSystem: what.oneFileSystem,
    before: what.before,
    after: what.after,
    scriptMinutes: what.scriptMinutes,
    optionalPaths: options.optionalPaths,
    anyCaseExcludes: options.anyCaseExcludes,
    excludeCaches: options.excludeCaches,
    excludeIfPresent: options.excludeIfPresent,
    excludeLargerThan: options.excludeLargerThanBytes / MEGABYTE,
    tags: options.tags,
    streamScript: options.streamScript,
    streamName: options.streamName,
    disks: options.disks ?? [],
    snapshot: options.snapshot ?? 'none',
    schedule: when.schedule,
    zone: when.zone,
    hours: when.hours,
    jitterMinutes: when.jitterMinutes,
    makeUp: when.makeUp,
    overdueMinutes: when.overdueMinutes,
    threads: how.threads,
    readPerSecond: how.readBytesPerSecond / MEGABYTE,
    sendPerSecond: how.sendBytesPerSecond / MEGABYTE,
    idle: how.idle,
    priority: how.priority,
    upgradeClients: plan.upgradeClients === true,
  };
}

export const newDraft = () => draftOf('', NEW_PLAN, []);

const bytesOf = (megabytes: number) => Math.round(megabytes * MEGABYTE);

/** Converts a draft to a plan, which has either paths, disks or a source script. */
export function planOf(draft: PlanDraft): Plan {
  const { plan } = draft;
  const stream = draft.source === 'stream';
  const files = draft.source === 'paths';
  return {
    ...plan,
    what: withOptions(
      {
        ...plan.what,
        paths: files ? draft.paths : [],
        excludes: draft.excludes,
        oneFileSystem: draft.oneFileSystem,
        before: draft.before,
        after: draft.after,
        scriptMinutes: draft.scriptMinutes,
      },
      {
        optionalPaths: files ? draft.optionalPaths : [],
        anyCaseExcludes: draft.anyCaseExcludes,
        excludeCaches: draft.excludeCaches,
        excludeIfPresent: draft.excludeIfPresent,
        excludeLargerThanBytes: bytesOf(draft.excludeLargerThan),
        tags: draft.tags,
        streamScript: stream ? draft.streamScript : '',
        streamName: stream ? draft.streamName : '',
        disks: draft.source === 'disks' ? draft.disks : null,
        snapshot: stream || draft.snapshot === 'none' ? null : draft.snapshot,
        snapshotPercent: stream || draft.snapshot === 'none' ? null : (optionsOf(plan).snapshotPercent ?? null),
      },
    ),
    when: {
      ...plan.when,
      schedule: draft.schedule,
      zone: draft.zone,
      hours: draft.hours,
      jitterMinutes: draft.jitterMinutes,
      makeUp: draft.makeUp,
      overdueMinutes: draft.overdueMinutes,
    },
    how: {
      ...plan.how,
      threads: draft.threads,
      readBytesPerSecond: bytesOf(draft.readPerSecond),
      sendBytesPerSecond: bytesOf(draft.sendPerSecond),
      idle: draft.idle,
      priority: draft.priority,
    },
    upgradeClients: draft.upgradeClients ? true : null,
  };
}
