import { beforeEach, expect, test, vi } from 'vitest';
import { contains, removeFilter, savedFilters, saveFilter, sinceMoment, within } from './filters';

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});

test('filters are kept by user and page, each name once', () => {
  saveFilter('ann', 'nodes', { name: 'mine', search: 'tag=a' });
  saveFilter('ann', 'nodes', { name: 'mine', search: 'tag=b' });
  saveFilter('ann', 'tasks', { name: 'failed', search: 'state=failed' });
  expect(savedFilters('ann', 'nodes')).toEqual([{ name: 'mine', search: 'tag=b' }]);
  expect(savedFilters('bob', 'nodes')).toEqual([]);
  expect(removeFilter('ann', 'nodes', 'mine')).toEqual([]);
  expect(savedFilters('ann', 'tasks')).toHaveLength(1);
  for (let i = 0; i < 30; i++) {
    saveFilter('ann', 'nodes', { name: `${i}`, search: '' });
  }
  expect(savedFilters('ann', 'nodes')).toHaveLength(20);
});

test('what is not readable counts as nothing', () => {
  localStorage.setItem('holdfast.filters.ann.nodes', '{');
  expect(savedFilters('ann', 'nodes')).toEqual([]);
});

test('spans of time end now', () => {
  const now = Date.parse('2026-11-28T12:00:00Z');
  expect(sinceMoment('24h', now)).toBe('2026-11-27T12:00:00.000Z');
  expect(sinceMoment('', now)).toBe('');
  expect(within('2026-11-28T11:30:00Z', '1h', now)).toBe(true);
  expect(within('2026-11-28T10:30:00Z', '1h', now)).toBe(false);
  expect(within(null, '1h', now)).toBe(false);
  expect(within(null, '', now)).toBe(true);
});

test('texts are found whatever their case', () => {
  expect(contains(' WEB ', 'db1', 'my-web1')).toBe(true);
  expect(contains('x', 'db1')).toBe(false);
  expect(contains('', 'db1')).toBe(true);
});
