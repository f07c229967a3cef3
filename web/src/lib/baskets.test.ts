import { beforeAll, expect, test, vi } from 'vitest';
import type { Entry } from '../api/types';
import type { Item } from './baskets';

const item = (path: string, snapshot = 's1'): Item => ({
  entry: { name: path, path, kind: 'file' } as Entry,
  snapshot,
  taken: '2026-11-28T00:00:00.000Z',
});
const paths = (items: readonly Item[]) => items.map((each) => `${each.entry.path} ${each.snapshot}`);

let lib: typeof import('./baskets');
const stored = new Map<string, string>();

beforeAll(async () => {
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => stored.set(name, value),
    removeItem: (name: string) => stored.delete(name),
  });
  lib = await import('./baskets');
});

test('no item lies inside another, and each path is there once', () => {
  const some = lib.withItems([], [item('/a/b'), item('/a/c'), item('/ab')]);
  expect(paths(lib.withItems(some, [item('/a')]))).toEqual(['/ab s1', '/a s1']);
  expect(paths(lib.withItems([item('/a')], [item('/a/b', 's2')]))).toEqual(['/a s1']);
  expect(paths(lib.withItems(some, [item('/ab', 's2')]))).toEqual(['/a/b s1', '/a/c s1', '/ab s2']);
  expect(paths(lib.withItems(some, [item('/')]))).toEqual(['/ s1']);
});

test('a basket is divided by snapshots', () => {
  const groups = lib.bySnapshot([item('/a'), item('/b', 's2'), item('/c')]);
  expect(groups.map((each) => [each.snapshot, each.paths])).toEqual([
    ['s1', ['/a', '/c']],
    ['s2', ['/b']],
  ]);
});

test('baskets are kept by node, and forgotten together', () => {
  lib.setBasket('db1', [item('/a')]);
  lib.setBasket('db2', [item('/b')]);
  lib.setBasket('db2', []);
  expect(paths(lib.basketOf('db1'))).toEqual(['/a s1']);
  expect(lib.basketOf('db2')).toEqual([]);
  expect(stored.get('holdfast.baskets')).toContain('/a');
  lib.forgetBaskets();
  expect(lib.basketOf('db1')).toEqual([]);
  expect(stored.get('holdfast.baskets')).toBe('[]');
});
