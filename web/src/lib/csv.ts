import type { Value } from './sort';

/** Spreadsheets take a text that begins so for a formula, also in the width that is common in Chinese text. */
const FORMULA = /^[=+\-@＝＋－＠\t\r]/;
const MARK = '\uFEFF';

function cell(value: Value): string {
  if (value === null || value === undefined) {
    return '';
  }
  if (typeof value === 'number') {
    return String(value);
  }
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows as CSV (RFC 4180), with the mark by which spreadsheets recognize UTF-8. */
export function csv(titles: string[], rows: Value[][]): string {
  return MARK + [titles, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** The name of a file with a list, with the day of the user. */
export function fileName(what: string, now = new Date()): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `holdfast-${what}-${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}.csv`;
}

/** Lets the browser save a text as a file. */
export function save(name: string, text: string) {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
