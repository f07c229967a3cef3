import { beforeAll, expect, test, vi } from 'vitest';

let format: typeof import('./format');

beforeAll(async () => {
  vi.stubGlobal('localStorage', { getItem: () => 'en' });
  vi.stubGlobal('document', { documentElement: {} });
  format = await import('./format');
});

test('a ratio has at most one decimal, and an end', () => {
  expect(format.ratio(5e9, 2e9)).toBe('2.5 : 1');
  expect(format.ratio(4e9, 1e9)).toBe('4 : 1');
  expect(format.ratio(1e9, 1e7)).toBe('100 : 1');
  expect(format.ratio(5.244e12, 1e9)).toBe('> 100 : 1');
  expect(format.ratio(1e9, 0)).toBe('> 100 : 1');
  expect(format.ratio(1e9, 3e10)).toBe('< 0.1 : 1');
});

test('there is no ratio of a little data', () => {
  expect(format.ratio(0, 0)).toBeUndefined();
  expect(format.ratio(99e6, 1000)).toBeUndefined();
  expect(format.ratio(100e6, 50e6)).toBe('2 : 1');
});
