import { expect, test } from 'vitest';
import { inTurn } from './bulk';

test('a failure ends nothing, and is told by name', async () => {
  const done: number[] = [];
  const failed = await inTurn(
    [1, 2, 3],
    (row) => `row ${row}`,
    (row) => (row === 2 ? Promise.reject(new Error('it is locked')) : Promise.resolve()),
    (count) => done.push(count),
  );
  expect(failed).toEqual([{ name: 'row 2', error: 'it is locked' }]);
  expect(done).toEqual([1, 2, 3]);
});
