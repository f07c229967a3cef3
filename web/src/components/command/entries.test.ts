import { expect, test } from 'vitest';
import { type Entry, fileSearch, fitting, grouped, taskNumber } from './entries';

const entry = (group: string, text: string, words = ''): Entry => ({ key: text, group, text, words });

test('all words must fit, whatever their order and case', () => {
  const all = [entry('Actions', 'Back up web1 now'), entry('Nodes', 'web1'), entry('Nodes', 'db1', 'production')];
  expect(fitting(all, 'WEB1 back').map((each) => each.text)).toEqual(['Back up web1 now']);
  expect(fitting(all, 'prod').map((each) => each.text)).toEqual(['db1']);
  expect(fitting(all, 'web1').map((each) => each.text)).toEqual(['web1', 'Back up web1 now']);
});

test('a group shows a few of its entries', () => {
  const many = Array.from({ length: 100 }, (_, i) => entry('Nodes', `web${i}`));
  expect(fitting([...many, entry('Pages', 'Web')], 'web')).toHaveLength(7);
});

test('groups keep their order', () => {
  const groups = grouped([entry('b', '1'), entry('a', '2'), entry('b', '3')]);
  expect(groups.map(([group, entries]) => [group, entries.length])).toEqual([
    ['b', 2],
    ['a', 1],
  ]);
});

test('tasks are found by their number', () => {
  expect(taskNumber(' #42 ')).toBe('42');
  expect(taskNumber('42')).toBe('42');
  expect(taskNumber('web42')).toBe('');
});

test('files are looked for on a named node, or on all where they are few', () => {
  expect(fileSearch('report', ['db1', 'web1'])).toEqual({ nodes: ['db1', 'web1'], name: 'report' });
  expect(fileSearch('DB1 my report', ['db1', 'web1'])).toEqual({ nodes: ['db1'], name: 'my report' });
  expect(fileSearch('re', ['db1'])).toEqual({ nodes: [], name: '' });
  expect(fileSearch('#123', ['db1'])).toEqual({ nodes: [], name: '' });
  const many = Array.from({ length: 11 }, (_, i) => `n${i}`);
  expect(fileSearch('report', many).nodes).toEqual([]);
  expect(fileSearch('n7 report', many).nodes).toEqual(['n7']);
});
