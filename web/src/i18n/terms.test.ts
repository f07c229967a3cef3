import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { chinese } from './phrases';
import { zh } from './zh';

/** Texts that rightly say a term otherwise, or that use the word in another sense, by the term. */
const OTHERWISE: Record<string, string[]> = {
  appliance: [
    // Only in a command.
    'A new recovery key replaces the current one. The current key still opens existing copies of the keyring. If it may be compromised, run: holdfast appliance key rotate --data DIR',
  ],
  // Not how long something took, but how long it is to be.
  duration: ['Duration (days from now)'],
  // To lock out another appliance.
  lock: [
    'The vault contains the data of another appliance with the same keys. This appliance takes the vault over and locks the other one out.',
  ],
  // The recovery plan of an organisation.
  plan: [
    'Covers the data requirements of GB/T 20988-2007 only. Sites, staff and the recovery plan must be documented separately.',
  ],
  // The policy of uploads, not of retention.
  policy: ['Edit upload policy', 'The upload policy was saved', 'Upload policy of vault {{name}}'],
  // A lock is lifted, and a part is taken out of a server.
  remove: [
    'Compliance mode: the lock can be extended, never shortened or removed, even by an administrator',
    'Do this if the part was removed on purpose. Its alert ends within 30 seconds. The part is monitored again when a report lists it.',
    'The lock cannot be removed, even by an administrator.',
  ],
  // Only in a command.
  restore: ['Commands select snapshots by tag: holdfast restore latest --tag TAG --target DIR'],
};

/** The table of Chinese terms in the glossary: the forms of the English term, and the Chinese one. */
function glossary(): [forms: string[], chinese: string][] {
  const text = readFileSync('../docs/glossary.md', 'utf8');
  const table = text.slice(text.indexOf('| English | Chinese |'));
  return [...table.matchAll(/^\| ([^|]+) \| ([^|]+) \|$/gm)]
    .slice(1)
    .map((row) => [(row[1] ?? '').split(', '), row[2] ?? '']);
}

/** A form as a whole word, also in the plural and the past. Names of gaps are no words. */
function says(text: string, form: string): boolean {
  return new RegExp(`(?<![\\w./-])${form}(s|d|ed)?(?![\\w-])`, 'i').test(text.replaceAll(/\{\{\w+\}\}/g, ''));
}

const TERMS = glossary();

test('the glossary has a Chinese term for each English one', () => {
  expect(TERMS.length).toBeGreaterThan(60);
  const forms = TERMS.flatMap(([each]) => each);
  expect(new Set(forms).size).toBe(forms.length);
});

test.each(TERMS)('%s is %s in each translation', (forms, chinese) => {
  const term = forms[0] ?? '';
  const other = Object.entries(zh)
    .filter(([english, text]) => forms.some((form) => says(english, form)) && !text.includes(chinese))
    .map(([english]) => english);
  // Also without exceptions that are none any more.
  expect(other.sort()).toEqual((OTHERWISE[term] ?? []).sort());
});

test('words that the terms replace are used neither in the console nor in the guide', () => {
  const replaced = [
    /(?<!异地)备份库/,
    /(?<!备份|恢复)计划/,
    /(?<!保留|上传|权限)策略/,
    /受保护|逾期|总览|通道|身份提供方|硬件配置|恢复测试|还原/,
    /设置保留|解除保留|被保留或|已保留或/,
  ];
  const guide = readdirSync('../docs/guide/zh').map((page): [string, string] => [
    page,
    readFileSync(`../docs/guide/zh/${page}`, 'utf8'),
  ]);
  expect(guide.length).toBeGreaterThan(10);
  const found = [...Object.entries(zh), ...Object.entries(chinese), ...guide].flatMap(([from, text]) =>
    replaced.flatMap((each) => text.match(each)?.[0] ?? []).map((word) => `${from}: ${word}`),
  );
  expect(found).toEqual([]);
});
