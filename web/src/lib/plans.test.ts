import { expect, test } from 'vitest';
import type { Plan } from '../api/types';
import { draftOf, NEW_PLAN, planOf, withOptions } from './plans';

const LIMITED: Plan = {
  what: withOptions(NEW_PLAN.what, {
    optionalPaths: ['/srv/optional'],
    anyCaseExcludes: ['*.TMP'],
    excludeCaches: true,
    excludeLargerThanBytes: 1_234_567_891,
    tags: ['office'],
  }),
  when: { ...NEW_PLAN.when, schedule: '30 2 * * *', hours: ['mon-fri 18:00-06:00'], overdueMinutes: 45 },
  how: { threads: 2, readBytesPerSecond: 1_500_001, sendBytesPerSecond: 333_333, idle: false, priority: 9 },
  upgradeClients: true,
};
const STREAM: Plan = {
  ...NEW_PLAN,
  what: withOptions({ ...NEW_PLAN.what, paths: [] }, { streamScript: 'dump.sh', streamName: 'db.sql' }),
};
const SNAPSHOTS: Plan = {
  ...NEW_PLAN,
  what: withOptions(NEW_PLAN.what, { snapshot: 'lvm', snapshotPercent: 25 }),
};

test.each([
  ['a new plan', NEW_PLAN],
  ['a plan with all kinds of limits', LIMITED],
  ['a plan with a source script', STREAM],
  ['a plan with source snapshots', SNAPSHOTS],
])('%s is unchanged after editing nothing', (_, plan) => {
  const options = plan.what.options ?? null;
  expect(planOf(draftOf('name', plan, []))).toEqual({
    ...plan,
    what: { ...plan.what, options },
    upgradeClients: plan.upgradeClients ?? null,
  });
});

test('source snapshots end with the choice of none, and in plans of a script', () => {
  const draft = draftOf('name', SNAPSHOTS, []);
  expect(planOf({ ...draft, snapshot: 'auto' }).what.options).toMatchObject({ snapshot: 'auto', snapshotPercent: 25 });
  expect(planOf({ ...draft, snapshot: 'none' }).what.options).toBeNull();
  const stream = planOf({ ...draft, source: 'stream', streamScript: 'dump.sh', streamName: 'db.sql' });
  expect(stream.what.options).toMatchObject({ snapshot: null, snapshotPercent: null });
});

test('a plan has either paths or a source script', () => {
  const draft = { ...draftOf('name', LIMITED, []), streamScript: 'dump.sh', streamName: 'db.sql' };
  const paths = planOf(draft).what;
  expect(paths.paths).toEqual(['/']);
  expect(paths.options?.streamScript).toBe('');
  const stream = planOf({ ...draft, source: 'stream' }).what;
  expect(stream.paths).toEqual([]);
  expect(stream.options?.optionalPaths).toEqual([]);
  expect(stream.options?.streamScript).toBe('dump.sh');
});
