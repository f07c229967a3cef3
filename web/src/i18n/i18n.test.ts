import { readdirSync, readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { en } from './en';
import { zh } from './zh';

/** All texts of the console: the literal first arguments of t() and msg(). */
function said(): Set<string> {
  const keys = new Set<string>();
  for (const each of readdirSync('src', { recursive: true, withFileTypes: true })) {
    if (!each.isFile() || !/\.tsx?$/.test(each.name) || each.name.endsWith('.test.ts')) {
      continue;
    }
    const text = readFileSync(`${each.parentPath}/${each.name}`, 'utf8');
    for (const call of text.matchAll(/\b(?:t|msg)\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g)) {
      keys.add((call[1] ?? call[2] ?? '').replaceAll("\\'", "'"));
    }
  }
  return keys;
}

const names = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((each) => each[1]).sort();

test('everything that is said has a Chinese translation, with the same names in it', () => {
  const keys = said();
  expect(keys.size).toBeGreaterThan(300);
  expect([...keys].filter((key) => !(key in zh))).toEqual([]);
  for (const key of keys) {
    expect(names(zh[key] ?? ''), key).toEqual(names(key));
  }
});

test('no translation is left over', () => {
  const keys = said();
  expect(Object.keys(zh).filter((key) => !keys.has(key))).toEqual([]);
});

test('every text with a count has an English singular', () => {
  const counted = [...said()].filter((key) => names(key).includes('count'));
  expect(counted.filter((key) => !(`${key}_one` in en))).toEqual([]);
  expect(
    Object.keys(en)
      .map((key) => key.replace(/_one$/, ''))
      .filter((key) => !counted.includes(key)),
  ).toEqual([]);
});

test('what is counted is passed as the count, so that the singular is found', () => {
  const nouns =
    'chunks|containers|days|files|hours|machines|minutes|nodes|rows|runs|snapshots|threads|volumes|warnings';
  const wrong = new RegExp(`\\{\\{(?!count)\\w+\\}\\} (${nouns})\\b`);
  // The days are always 30; in the last, one of one machine has a text of its own.
  const known = [
    '{{bytes}} received from nodes in {{days}} days',
    'Nothing received in {{days}} days',
    '{{bytes}} received from {{node}} in {{days}} days',
    '{{content}} backed up in {{days}} days, {{sent}} sent',
    '{{count}} of {{machines}} machines need attention',
  ];
  expect([...said()].filter((key) => wrong.test(key) && !known.includes(key))).toEqual([]);
});

test('counts are formatted and select the plural', async () => {
  vi.stubGlobal('localStorage', { getItem: () => 'en' });
  vi.stubGlobal('document', { documentElement: {} });
  const { default: i18n } = await import('.');
  await i18n.changeLanguage('en');
  expect(i18n.t('{{count}} nodes', { count: 1 })).toBe('1 node');
  expect(i18n.t('{{count}} nodes', { count: 0 })).toBe('0 nodes');
  expect(i18n.t('{{count}} nodes', { count: 12_345 })).toBe('12,345 nodes');
  await i18n.changeLanguage('zh-CN');
  expect(i18n.t('{{count}} nodes', { count: 1 })).toBe('1 个节点');
});
