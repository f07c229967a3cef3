import { expect, test } from 'vitest';
import { bounds, date, dayAt, monthOf, moved, weeks } from './months';

test('a month is made of whole weeks that begin on Monday', () => {
  const november = weeks('2026-11');
  expect(november.length).toBe(6);
  expect(november[0]).toEqual([null, null, null, null, null, null, '2026-11-01']);
  expect(november[5]).toEqual(['2026-11-30', null, null, null, null, null, null]);
  expect(
    weeks('2024-02')
      .flat()
      .filter((day) => day !== null).length,
  ).toBe(29);
});

test('the bounds of a day include all of it and nothing else', () => {
  const { since, before } = bounds('2026-12-31');
  expect(dayAt(since)).toBe('2026-12-31');
  expect(dayAt(new Date(Date.parse(before) - 1).toISOString())).toBe('2026-12-31');
  expect(dayAt(before)).toBe('2027-01-01');
});

test('days move within their month', () => {
  expect(moved('2026-11-28', 1)).toBe('2026-11-29');
  expect(moved('2026-11-28', 7)).toBe('2026-11-30');
  expect(moved('2026-11-03', -7)).toBe('2026-11-01');
  expect(monthOf('2026-11-03')).toBe('2026-11');
  expect(date('2026-11-03').getDate()).toBe(3);
});
