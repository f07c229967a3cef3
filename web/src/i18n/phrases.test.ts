import { expect, test, vi } from 'vitest';
import { chinese, english } from './phrases';

const places = (text: string) => [...text.matchAll(/\{\{(\w+(?:, \w+)?)\}\}/g)].map((each) => each[1]).sort();

test('every phrase has a Chinese text with the same parameters', () => {
  const codes = Object.keys(english).filter((code) => !code.endsWith('_one'));
  expect(Object.keys(chinese).sort()).toEqual(codes.sort());
  for (const code of codes) {
    expect(places(chinese[code] ?? ''), code).toEqual(places(english[code] ?? ''));
  }
});

test('every phrase with a count has an English singular', () => {
  const counted = Object.keys(english).filter((code) => places(english[code] ?? '').includes('count'));
  expect(counted.filter((code) => !(`${code}_one` in english))).toEqual([]);
});

test('parameters are formatted for the reader, and phrases may be nested', async () => {
  vi.stubGlobal('localStorage', { getItem: () => 'en' });
  vi.stubGlobal('document', { documentElement: {} });
  const { default: i18n, words } = await import('.');
  const inner = { code: 'task.cancelled', args: {} };
  const repeated = { code: 'event.repeated', args: { message: inner, count: 1200, at: '2026-11-28T16:00:00Z' } };
  await i18n.changeLanguage('en');
  expect(words('?', repeated)).toMatch(/^it was cancelled \(and 1,200 more like it, the last at Nov 28.*\)$/);
  expect(words('?', { ...repeated, args: { ...repeated.args, count: 1 } })).toMatch(/^it was cancelled \(and 1 more/);
  await i18n.changeLanguage('zh-CN');
  expect(words('?', repeated)).toMatch(/^已取消（另有 1,200 个类似事件.*11月28日/);
  expect(words('the text of a later release', { code: 'unknown', args: {} })).toBe('the text of a later release');
  const hostile = { code: 'plain', args: { text: '$t(plain) {{text}} <b>', lng: 'en', ns: 'translation' } };
  expect(words('?', hostile)).toBe('$t(plain) {{text}} <b>');
  expect(words('a text without a code', null)).toBe('a text without a code');
});
