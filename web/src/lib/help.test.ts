import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { markdown } from '../../scripts/markdown';
import { HELP, section } from './help';

/** A page of the guide as the console has it. */
function html(page: string): string {
  const file = resolve('..', 'docs', 'guide', `${page}.md`);
  const made = markdown().transform(readFileSync(file, 'utf8'), file);
  return (JSON.parse(made?.code.replace(/^export default /, '').replace(/;$/, '') ?? '{}') as { html: string }).html;
}

test.each(Object.entries(HELP))('help about %s leads to a section, in both languages', (_, addresses) => {
  for (const address of addresses) {
    const [page = '', anchor = ''] = address.split('#');
    expect(section(html(page), anchor).length, address).toBeGreaterThan(100);
  }
  expect(addresses[1]).toBe(`zh/${addresses[0].split('#')[0]}#${addresses[1].split('#')[1]}`);
});

test('a section ends where the next one of its level begins', () => {
  const page = '<h2 id="a">A</h2><p>1</p><h3 id="a1">A1</h3><p>2</p><h2 id="b">B</h2><p>3</p>';
  expect(section(page, 'a')).toBe('<h2 id="a">A</h2><p>1</p><h3 id="a1">A1</h3><p>2</p>');
  expect(section(page, 'a1')).toBe('<h3 id="a1">A1</h3><p>2</p>');
  expect(section(page, 'b')).toBe('<h2 id="b">B</h2><p>3</p>');
  expect(section(page, 'c')).toBe('');
});

/** Forms whose texts say it all, or that only confirm something. */
const WITHOUT = [
  'components/SavedFilters.tsx',
  'components/dialogs.tsx',
  'components/editor.tsx',
  'components/proof.tsx',
];

test('every file with a form has help beside it', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.tsx') && /<(FormDialog|EditorForm)\b/.test(readFileSync(`src/${file}`, 'utf8')),
  );
  expect(files.length).toBeGreaterThan(10);
  // The editors of plans and policies have it in the heading of their page.
  const page: Record<string, string> = { 'pages/plans/PlanForm.tsx': 'pages/plans/PlanEditor.tsx' };
  const missing = files
    .filter((file) => !WITHOUT.includes(file))
    .filter((file) => !/\bhelp=("|\{node \?)/.test(readFileSync(`src/${page[file] ?? file}`, 'utf8')));
  expect(missing).toEqual([]);
});
