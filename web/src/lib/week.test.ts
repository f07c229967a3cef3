import { expect, test } from 'vitest';
import { fromWeek, isOpen, spansOf, toWeek } from './week';

test('a week is drawn of windows and limits, and written as it was', () => {
  const windows = ['mon-fri 18:00-24:00', 'sat,sun 00:00-24:00'];
  const limits = ['mon-fri 18:00-22:00 = 5 MB/s', 'sun 00:00-24:00 = 0.5 MB/s'];
  const week = toWeek(windows, limits) ?? [];
  expect(week[0]?.[17]).toBe('closed');
  expect(week[4]?.[18]).toBe(5e6);
  expect(week[4]?.[22]).toBe('free');
  expect(week[6]?.[0]).toBe(5e5);
  expect(fromWeek(week)).toEqual({
    windows: ['mon-fri 18:00-24:00', 'sat-sun 00:00-24:00'],
    limits,
  });
  expect(toWeek(fromWeek(week).windows, fromWeek(week).limits)).toEqual(week);
});

test('nothing said is any time without a limit, and back', () => {
  const week = toWeek([], []) ?? [];
  expect(week.flat().every((hour) => hour === 'free')).toBe(true);
  expect(fromWeek(week)).toEqual({ windows: [], limits: [] });
  expect(spansOf(week, (hour) => hour)).toEqual([{ days: [0, 1, 2, 3, 4, 5, 6], from: 0, to: 24, hour: 'free' }]);
});

test('hours that run into the next day belong to both', () => {
  const week = toWeek(['sun 22:00-06:00'], []) ?? [];
  expect(week[6]?.[22]).toBe('free');
  expect(week[0]?.[5]).toBe('free');
  expect(week[0]?.[6]).toBe('closed');
  expect(week[6]?.[5]).toBe('closed');
});

test('the first limit that matches applies', () => {
  const week = toWeek([], ['mon 08:00-10:00 = 1 MB/s', '08:00-18:00 = 2 MB/s']) ?? [];
  expect(week[0]?.[9]).toBe(1e6);
  expect(week[0]?.[10]).toBe(2e6);
  expect(week[1]?.[9]).toBe(2e6);
});

test('what is no whole hour or no time is not drawn', () => {
  expect(toWeek(['mon 08:30-10:00'], [])).toBeUndefined();
  expect(toWeek([], ['by day slowly'])).toBeUndefined();
  expect(toWeek(['mno 08:00-10:00'], [])).toBeUndefined();
  expect(toWeek(['08:00-25:00'], [])).toBeUndefined();
  expect(isOpen((toWeek([], []) ?? []).map((row) => row.map(() => 'closed' as const)))).toBe(false);
});
