import { beforeEach, expect, test, vi } from 'vitest';
import { mark, markSeen, seenBy } from './seen';

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});

const need = {
  kind: 'overdue',
  severity: 'alert',
  node: 'web1',
  plan: 'nightly',
  event: 0,
  since: '2026-11-28T01:00:00Z',
};

test('what was seen is known again, by the same user alone', () => {
  markSeen('ann', [need]);
  expect(seenBy('ann').has(mark(need))).toBe(true);
  expect(seenBy('bob').size).toBe(0);
});

test('what became worse or began anew is new', () => {
  markSeen('ann', [need]);
  expect(seenBy('ann').has(mark({ ...need, severity: 'warning' }))).toBe(false);
  expect(seenBy('ann').has(mark({ ...need, since: '2026-11-29T01:00:00Z' }))).toBe(false);
});

test('what is over is forgotten', () => {
  markSeen('ann', [need]);
  expect(markSeen('ann', []).size).toBe(0);
});
