// Lists that are sorted, filtered, exported and acted on; the search; the bell; help beside forms.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser, Office, signIn, visitor } from './office.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');

let office;
let browser;
let ann;
let page;

before(async () => {
  office = await Office.open({ healthy: true });
  await office.user('ann', 'administrator');
  await office.user('vic', 'viewer');
  const source = join(office.work, 'files');
  mkdirSync(source);
  writeFileSync(join(source, 'quarterly-report.txt'), 'figures');
  for (const name of ['db1', 'web10', 'web9']) {
    const { token } = JSON.parse((await office.appliance('token', 'create', '--json')).stdout);
    const state = await office.enrol(`holdfast enroll ${office.wire()} --token ${token}`, name);
    if (name === 'db1') {
      office.service(state, join(office.work, 'back'));
    }
  }
  await office.appliance('plan', 'set', 'nightly', '--path', source, '--schedule', '0 1 * * *');
  await office.appliance('plan', 'bind', 'nightly', 'db1');
  await office.appliance('plan', 'run', 'nightly');
  browser = await launchBrowser();
  ann = await visitor(browser);
  page = ann.page;
  await signIn(page, office.url, 'ann');
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
});

after(async () => {
  await browser?.close();
  await office?.close();
});

const go = async (path, title) => {
  await page.goto(`${office.url}${path}`);
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
};

/** The violations that axe rates as serious or critical. */
async function serious() {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }),
  );
  return violations
    .filter((each) => each.impact === 'serious' || each.impact === 'critical')
    .map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3)}`);
}

const shows = (expected) =>
  page.waitForFunction(
    (wanted) => {
      const rows = [...document.querySelectorAll('table tbody a[href^="/nodes/"]')].map((each) => each.textContent);
      return JSON.stringify(rows) === JSON.stringify(wanted);
    },
    expected,
    { timeout: 15_000 },
  );

/** The content of the file that a click downloads. */
async function download(locator) {
  const [file] = await Promise.all([page.waitForEvent('download'), locator.click()]);
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') };
}

test('a list is sorted by its headings, and the address has it', async () => {
  await go('/nodes', 'Nodes');
  const heading = page.getByRole('columnheader', { name: 'Node', exact: true });
  await heading.getByRole('button').click();
  await heading.and(page.locator('[aria-sort="ascending"]')).waitFor();
  await shows(['db1', 'web9', 'web10']);
  await heading.getByRole('button').press('Enter');
  await shows(['web10', 'web9', 'db1']);
  await page.reload();
  await shows(['web10', 'web9', 'db1']);
  assert.match(page.url(), /sort=-name/);
});

test('filters are in the address, can be saved, and what they leave is exported', async () => {
  await go('/nodes?sort=name', 'Nodes');
  await page.getByRole('textbox', { name: 'Find nodes' }).fill('web');
  await shows(['web9', 'web10']);
  await page.getByText('2 of 3 rows').waitFor();
  assert.match(page.url(), /text=web/);
  await page.getByRole('button', { name: 'Saved filters' }).click();
  await page.getByRole('menuitem', { name: 'Save these filters' }).click();
  await page.getByLabel('Name').fill('the web');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const { name, text } = await download(page.getByRole('button', { name: 'Export CSV' }));
  assert.match(name, /^holdfast-nodes-\d{4}-\d\d-\d\d\.csv$/);
  assert.ok(text.startsWith('\uFEFFNode,State,Last success,'), text);
  assert.deepEqual(
    text
      .trim()
      .split('\r\n')
      .slice(1)
      .map((row) => row.split(',').slice(0, 2).join(' ')),
    ['web9 Unprotected', 'web10 Unprotected'],
  );
  await page.getByRole('button', { name: 'Reset filters' }).click();
  await shows(['db1', 'web9', 'web10']);
  await page.reload();
  await page.getByRole('button', { name: 'Saved filters' }).click();
  await page.getByRole('menuitem', { name: 'the web', exact: true }).click();
  await shows(['web9', 'web10']);
});

test('several nodes are tagged at once, and each failure is told by name', async () => {
  await go('/nodes?sort=name&text=web', 'Nodes');
  await shows(['web9', 'web10']);
  await page.getByRole('checkbox', { name: 'Select all 2 rows' }).check();
  await page.getByText('2 selected').waitFor();
  await page.getByRole('button', { name: 'Add tag' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add tag' });
  await dialog.getByText('web9, web10').waitFor();
  await dialog.getByLabel('New tag').fill('Production');
  await page.route('**/nodes/web9/tags', (route) =>
    route.fulfill({
      status: 409,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: 'urn:holdfast:conflict', detail: 'it is not to be' }),
      headers: { 'X-Holdfast': '1' },
    }),
  );
  await dialog.getByRole('button', { name: 'Add tag (2)' }).click();
  await dialog.getByText('1 row done').waitFor();
  await dialog.getByText('1 row failed').waitFor();
  await dialog
    .getByRole('listitem')
    .getByText(/^web9: /)
    .waitFor();
  await page.unroute('**/nodes/web9/tags');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await go('/nodes?tag=production', 'Nodes');
  await shows(['web10']);
  // What an operation does not fit is left out, and told.
  await go('/nodes?sort=name', 'Nodes');
  await page.getByRole('checkbox', { name: 'Select all 3 rows' }).check();
  await page.getByRole('button', { name: 'Back up now' }).click();
  const backup = page.getByRole('dialog', { name: 'Back up now' });
  await backup.getByText('2 rows skipped').waitFor();
  await backup.getByText('web9: has no plan').waitFor();
  await backup.getByRole('button', { name: 'Back up now (1)' }).click();
  await backup.getByText('1 row done').waitFor();
  await backup.getByRole('button', { name: 'Close' }).last().click();
  // On the page of a node, tags are changed one by one.
  await go('/nodes/web10', 'web10');
  await page.getByRole('textbox', { name: 'New tag' }).fill('shanghai');
  await page.getByRole('button', { name: 'Add tag' }).click();
  await page.getByRole('button', { name: 'Remove tag production' }).click();
  await page.getByRole('button', { name: 'Remove tag production' }).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'shanghai' }).waitFor();
});

test('the appliance filters the long lists, and exports them whole', async () => {
  await go('/tasks?kind=backup&node=db1', 'Tasks');
  await page
    .getByRole('row', { name: /#\d+ Backup db1/ })
    .first()
    .waitFor();
  const { name, text } = await download(page.getByRole('link', { name: 'Export CSV' }));
  assert.match(name, /^holdfast-tasks-/);
  assert.match(text, /^\uFEFFtask,kind,node,state,/);
  assert.match(text, /\r\n\d+,backup,db1,done,/);
  await page.getByLabel('State').selectOption('failed');
  await page.getByText('No tasks').waitFor();
  await page.getByRole('button', { name: 'Reset filters' }).click();
  const heading = page.getByRole('columnheader', { name: 'Task', exact: true });
  assert.equal(await heading.getAttribute('aria-sort'), 'descending');
  await heading.getByRole('button').click();
  await page.getByRole('row').nth(1).getByRole('link', { name: '#1', exact: true }).waitFor();
  await go('/events?all=1&severity=info', 'Events');
  await go('/audit?text=node+tag', 'Audit log');
  await page.getByRole('cell', { name: 'tags from now on: production', exact: true }).waitFor();
});

test('everything is found by the keyboard alone', async () => {
  await go('/', 'Overview');
  const box = page.getByRole('combobox', { name: 'Search nodes, files, tasks and actions' });
  await page.keyboard.press('Control+k');
  await box.waitFor();
  assert.deepEqual(await serious(), []);
  await page.keyboard.type('web9');
  await page.getByRole('option', { name: 'web9', exact: true }).and(page.locator('[aria-selected=true]')).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'web9' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('group', { name: 'Recent' }).getByRole('option', { name: 'web9' }).waitFor();
  await page.keyboard.type('db1 back up');
  await page.getByRole('option', { name: 'Back up db1 now' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('A backup was requested').waitFor();
  await page.keyboard.press('Control+k');
  await box.waitFor();
  await page.keyboard.type('#1');
  await page.getByRole('option', { name: 'Task 1', exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await box.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Search and commands' }).click();
  await box.waitFor();
  await page.keyboard.type('quarterly');
  await page
    .getByRole('group', { name: 'Files' })
    .getByRole('option', { name: /quarterly-report\.txt/ })
    .waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Restore' }).waitFor();
  await page.keyboard.press('Control+k');
  await box.waitFor();
  await page.keyboard.type('dark theme');
  await page.keyboard.press('Enter');
  await page.locator('html.pf-v6-theme-dark').waitFor();
  await page.getByRole('button', { name: 'Light theme' }).click();
});

test('a viewer finds nothing that the role does not allow', async () => {
  const vic = await visitor(browser);
  await signIn(vic.page, office.url, 'vic');
  await vic.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await vic.page.keyboard.press('Control+k');
  await vic.page.getByRole('combobox').waitFor();
  await vic.page.keyboard.type('db1');
  await vic.page.getByRole('option', { name: 'db1', exact: true }).waitFor();
  assert.deepEqual(await vic.page.getByRole('option').allInnerTexts(), ['db1']);
  await vic.page.getByRole('combobox').fill('users');
  await vic.page.getByText('No results').waitFor();
  await vic.page.keyboard.press('Escape');
  await vic.page.goto(`${office.url}/nodes`);
  await vic.page.getByRole('link', { name: 'db1' }).waitFor();
  assert.equal(await vic.page.getByRole('checkbox').count(), 0);
  assert.deepEqual(vic.complaints, []);
  await vic.context.close();
});

test('the bell agrees with the overview, and remembers what was seen', async () => {
  await go('/', 'Overview');
  await page.locator('.hf-need').first().waitFor();
  const needs = await page.locator('.hf-need strong').allInnerTexts();
  const bell = page.getByRole('button', { name: /^Notifications, \d+ new$/ });
  assert.equal(await bell.getAttribute('aria-label'), `Notifications, ${needs.length} new`);
  await bell.click();
  const panel = page.getByRole('dialog', { name: 'Notifications' });
  await panel.locator('.hf-notice').first().waitFor();
  assert.deepEqual(await panel.locator('.hf-notice-new strong').allInnerTexts(), needs);
  assert.deepEqual(await serious(), []);
  await panel.getByRole('button', { name: 'Mark all as seen' }).click();
  await page.getByRole('button', { name: 'Notifications, 0 new' }).waitFor();
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
  await page.reload();
  await page.getByRole('button', { name: 'Notifications, 0 new' }).waitFor();
  // Messages that went away are still there.
  await page.locator('.hf-need', { hasText: 'web9' }).waitFor();
  await page.getByRole('link', { name: 'Nodes', exact: true }).click();
  await page.getByRole('link', { name: 'db1' }).click();
  await page.getByRole('button', { name: 'Back up now' }).click();
  await page.getByText('A backup was requested').waitFor();
  await page.getByRole('button', { name: /^Notifications/ }).click();
  await panel.getByText('A backup was requested').waitFor();
  await page.keyboard.press('Escape');
});

test('help beside a form shows its section of the guide, and keeps what was typed', async () => {
  await go('/plans/new', 'New plan');
  await page.getByLabel('Name').first().fill('weekly');
  await page.getByRole('button', { name: 'Help', exact: true }).click();
  const help = page.getByRole('dialog', { name: 'Help' });
  await help.getByRole('heading', { name: 'A first plan' }).waitFor();
  const [guide] = await Promise.all([
    page.context().waitForEvent('page'),
    help.getByRole('link', { name: 'Open the guide in a new tab' }).click(),
  ]);
  await guide.getByRole('heading', { level: 1, name: 'Plan backups' }).waitFor();
  await guide.close();
  await help.getByRole('button', { name: 'Close' }).last().click();
  assert.equal(await page.getByLabel('Name').first().inputValue(), 'weekly');
});

test('on a phone, rows are cards that are sorted and chosen as well', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  page.once('dialog', (dialog) => void dialog.accept());
  await page.goto(`${office.url}/nodes`);
  await page.getByRole('button', { name: 'Filter and sort' }).click();
  await page.getByLabel('Sort by').selectOption('-name');
  await shows(['web9', 'web10', 'db1'].sort((a, b) => b.localeCompare(a, undefined, { numeric: true })));
  await page.getByRole('checkbox', { name: 'Select web9' }).check();
  await page.getByRole('button', { name: 'Select all 3 rows' }).click();
  await page.getByText('3 selected').waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 390));
  assert.deepEqual(await serious(), []);
});

test('nothing was complained of', () => {
  assert.deepEqual(ann.complaints, []);
});
