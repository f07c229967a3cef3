import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
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
