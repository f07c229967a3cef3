import type { Plan } from '../api/types';
import { NEW_PLAN, optionsOf, withOptions } from './plans';

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
    source: (options.streamScript ? 'stream' : 'paths') as 'stream' | 'paths',
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
  };
}

export const newDraft = () => draftOf('', NEW_PLAN, []);

const bytesOf = (megabytes: number) => Math.round(megabytes * MEGABYTE);

/** Converts a draft to a plan, which has either paths or a source script. */
export function planOf(draft: PlanDraft): Plan {
  const { plan } = draft;
  const stream = draft.source === 'stream';
  return {
    ...plan,
    what: withOptions(
      {
        ...plan.what,
        paths: stream ? [] : draft.paths,
        excludes: draft.excludes,
        oneFileSystem: draft.oneFileSystem,
        before: draft.before,
        after: draft.after,
        scriptMinutes: draft.scriptMinutes,
      },
      {
        optionalPaths: stream ? [] : draft.optionalPaths,
        anyCaseExcludes: draft.anyCaseExcludes,
        excludeCaches: draft.excludeCaches,
        excludeIfPresent: draft.excludeIfPresent,
        excludeLargerThanBytes: bytesOf(draft.excludeLargerThan),
        tags: draft.tags,
        streamScript: stream ? draft.streamScript : '',
        streamName: stream ? draft.streamName : '',
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
  };
}
