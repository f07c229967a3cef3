import { expect, test } from 'vitest';
import { parsed, sorted, written } from './sort';

test('numbers in names count as numbers, and the case does not matter', () => {
  expect(sorted(['web10', 'Web9', 'db1'], (each) => each)).toEqual(['db1', 'Web9', 'web10']);
  expect(sorted([10, 9, 100], (each) => each, true)).toEqual([100, 10, 9]);
});

test('rows without a value are last in both directions', () => {
  const rows = [{ at: null }, { at: 2 }, { at: 1 }, { at: undefined }];
  expect(sorted(rows, (each) => each.at).map((each) => each.at)).toEqual([1, 2, null, undefined]);
  expect(sorted(rows, (each) => each.at, true).map((each) => each.at)).toEqual([2, 1, null, undefined]);
});

test('equal rows keep their order, and the rows given stay as they are', () => {
  const rows = [
    { name: 'b', group: 1 },
    { name: 'a', group: 1 },
    { name: 'c', group: 0 },
  ];
  expect(sorted(rows, (each) => each.group).map((each) => each.name)).toEqual(['c', 'b', 'a']);
  expect(rows[0]?.name).toBe('b');
});

test('a sort survives the address', () => {
  for (const sort of [
    { by: 'name', down: false },
    { by: 'lastSuccess', down: true },
  ]) {
    expect(parsed(written(sort))).toEqual(sort);
  }
});
