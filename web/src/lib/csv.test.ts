import { expect, test } from 'vitest';
import { csv, fileName } from './csv';

test('spreadsheets get no formulas, and numbers as numbers', () => {
  const text = csv(
    ['Node', 'Files'],
    [
      ['=HYPERLINK("https://x")', -5],
      ['+1', 3],
      ['-1', null],
      ['@SUM(A1)', undefined],
      ['＝1', 0],
    ],
  );
  expect(text).toBe(
    '\uFEFFNode,Files\r\n"\'=HYPERLINK(""https://x"")",-5\r\n\'+1,3\r\n\'-1,\r\n\'@SUM(A1),\r\n\'＝1,0\r\n',
  );
});

test('commas, quotes and line feeds stay in their cell', () => {
  expect(csv(['a'], [['x,"y"\nz']])).toBe('\uFEFFa\r\n"x,""y""\nz"\r\n');
});

test('a file has the day in its name', () => {
  expect(fileName('nodes', new Date(2026, 0, 5))).toBe('holdfast-nodes-2026-01-05.csv');
});
