import { expect, test } from 'vitest';
import type { FileVersion } from '../api/types';
import { joined, numbered } from './versions';

const version = (content: string, taken: string, snapshots = 1, modified = 'm'): FileVersion => ({
  entry: content ? ({ kind: 'file', size: 1, modified } as FileVersion['entry']) : null,
  content,
  snapshot: taken,
  taken,
  since: taken,
  snapshots,
  damaged: false,
});

test('a version that continues on the next page is one', () => {
  const all = joined([
    [version('a', '5', 2), version('b', '4')],
    [version('b', '3'), version('a', '2')],
  ]);
  expect(all.map((each) => [each.taken, each.since, each.snapshots])).toEqual([
    ['5', '5', 2],
    ['4', '3', 2],
    ['2', '2', 1],
  ]);
});

test('equal contents have one number, whatever their time', () => {
  const all = numbered([version('a', '4'), version('b', '3'), version('', '2'), version('a', '1', 1, 'other')]);
  expect(all.map((each) => [each.same, each.shared])).toEqual([
    [1, true],
    [2, false],
    [0, false],
    [1, true],
  ]);
});
