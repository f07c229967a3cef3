// Restore as a time line: from the overview to the original place, by mouse and by keyboard alone, and what is shown before.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser, Office, overview, until } from './office.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DOT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const FIRST = 'the first version\n';
const SECOND = 'the second version, which nobody wants\n';
const MOST_CLICKS = 6;
const MOST_TABS = 120;

let office;
let browser;
let page;
let source;
let report;

const plan = (...words) => office.appliance('plan', ...words);

before(async () => {
  office = await Office.open({ healthy: true });
  await office.user('ann', 'administrator');
  source = join(office.work, 'files');
  report = join(source, 'docs', 'report.txt');
  mkdirSync(join(source, 'docs'), { recursive: true });
  mkdirSync(join(source, 'pictures'));
  writeFileSync(report, FIRST);
  writeFileSync(join(source, 'docs', 'letter.txt'), 'a letter');
  writeFileSync(join(source, 'docs', 'evil.svg'), '<svg onload="window.pwned=1"><script>window.pwned=1</script></svg>');
  writeFileSync(join(source, 'pictures', 'dot.png'), DOT);
  for (const [name, below] of [
    ['db1', office.work],
    ['web1', join(office.work, 'web1-back')],
  ]) {
    const { token } = JSON.parse((await office.appliance('token', 'create', '--json')).stdout);
    const state = await office.enrol(`holdfast enroll ${office.wire()} --token ${token}`, name);
    office.service(state, below);
  }
  await plan('set', 'nightly', '--path', source, '--schedule', '0 1 * * *');
  await plan('bind', 'nightly', 'db1');
  await plan('run', 'nightly');
  writeFileSync(report, SECOND);
  await plan('run', 'nightly');
  browser = await launchBrowser();
  ({ page } = await overview(browser, office.url, { viewport: { width: 1440, height: 900 } }));
});

after(async () => {
  await browser?.close();
  await office?.close();
});

const points = () => page.locator('.hf-point');
const open = async (path) => {
  await page.goto(`${office.url}${path}`);
  await page.getByRole('heading', { level: 1, name: 'Restore' }).waitFor();
};

test('one file is back in its original place after at most six clicks', async () => {
  let clicks = 0;
  const click = async (locator) => {
    clicks++;
    await locator.click();
  };
  await click(page.getByRole('link', { name: 'Restore', exact: true }));
  // The newest restore point is chosen, and the list begins in the folder that was backed up.
  await page.getByRole('gridcell', { selected: true }).waitFor();
  await page.getByRole('button', { name: 'docs', exact: true }).waitFor();
  assert.equal(await points().count(), 2);
  assert.equal(await points().first().getAttribute('aria-current'), 'true');
  await click(points().last());
  await click(page.getByRole('button', { name: 'docs', exact: true }));
  await click(page.getByLabel('Select report.txt'));
  await click(page.getByRole('button', { name: 'Restore…' }));
  await page.getByText(`The files are restored to ${source}/docs on db1. The machine is connected.`).waitFor();
  await page.getByText('Existing files are compared byte by byte').waitFor();
  await page.getByText('From the appliance').waitFor();
  await click(page.getByRole('button', { name: 'Start restore' }));
  await page.getByText(`Restored 1 file (18 B) to ${source}/docs on db1`).waitFor({ timeout: 60_000 });
  assert.equal(readFileSync(report, 'utf8'), FIRST);
  assert.match(page.url(), /\/restore\?/);
  assert.ok(clicks <= MOST_CLICKS, `${clicks} clicks`);
});

/** What has the focus, in words. */
const focused = () =>
  page.evaluate(() => {
    const at = document.activeElement;
    return (at?.getAttribute('aria-label') ?? at?.labels?.[0]?.textContent ?? at?.textContent ?? '').trim();
  });

/** Presses Tab until something with this name has the focus. */
async function tab(name, key = 'Tab') {
  for (let i = 0; i < MOST_TABS; i++) {
    await page.keyboard.press(key);
    if (name.test(await focused())) {
      return;
    }
  }
  throw new Error(`${name} is not reached by ${key}`);
}

test('the same by keyboard alone', async () => {
  writeFileSync(report, SECOND);
  await page.evaluate(() => sessionStorage.clear());
  await page.goto(office.url);
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await tab(/^Restore$/);
  await page.keyboard.press('Enter');
  await page.getByRole('gridcell', { selected: true }).waitFor();
  await points().first().waitFor();
  await page.getByRole('button', { name: 'docs', exact: true }).waitFor();
  await tab(/restore points/);
  // The arrows move between days; what has no restore points is not chosen.
  const day = await focused();
  await page.keyboard.press('Home');
  assert.match(await focused(), / 1, /);
  await page.keyboard.press('End');
  for (let i = 0; i < 31 && (await focused()) !== day; i++) {
    await page.keyboard.press('ArrowLeft');
  }
  assert.equal(await focused(), day);
  await page.keyboard.press('Enter');
  await tab(/Latest$/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await until('the older point is chosen', async () => (await points().last().getAttribute('aria-current')) === 'true');
  await page.getByRole('button', { name: 'docs', exact: true }).waitFor();
  await tab(/^docs$/);
  await page.keyboard.press('Enter');
  await page.getByLabel('Select report.txt').waitFor();
  await tab(/^Select report\.txt$/);
  await page.keyboard.press('Enter');
  await tab(/^Restore…$/, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByText('The machine is connected.').waitFor();
  await tab(/^Original location/);
  await page.keyboard.press('ArrowDown');
  await page.getByLabel('Allowed directory').waitFor();
  await page.keyboard.press('ArrowUp');
  await page.getByText(`The files are restored to ${source}/docs on db1.`).waitFor();
  await page.getByRole('button', { name: 'Start restore' }).and(page.locator(':enabled')).waitFor();
  await tab(/^Start restore$/);
  await page.keyboard.press('Enter');
  await until('the file is back', () => readFileSync(report, 'utf8') === FIRST);
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('versions of a file are beside each other, and what is in them can be seen but does nothing', async () => {
  await open(`/restore?node=db1&path=${encodeURIComponent(join(source, 'docs'))}`);
  await page.getByRole('button', { name: 'report.txt', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('2 snapshots searched').waitFor();
  assert.equal(
    await dialog.getByRole('table', { name: 'Versions' }).or(dialog.getByRole('grid')).locator('tbody tr').count(),
    2,
  );
  await dialog.getByText('Content 1').waitFor();
  await dialog.getByText('Content 2').waitFor();
  await dialog.getByText(SECOND.trim()).waitFor();
  await dialog.getByRole('button', { name: 'Preview' }).and(page.locator(':enabled')).click();
  await dialog.getByText(FIRST.trim()).waitFor();
  const download = page.waitForEvent('download');
  await dialog.getByRole('link', { name: 'Download' }).last().click();
  assert.equal((await download).suggestedFilename(), 'report.txt');
  assert.equal(readFileSync(await (await download).path(), 'utf8'), FIRST);
  await dialog.getByRole('button', { name: 'Select this version' }).last().click();
  await page
    .getByText(/from 1 point|1 selected/)
    .first()
    .waitFor();

  await page.getByRole('button', { name: 'evil.svg', exact: true }).click();
  await dialog.getByText('<svg onload=').waitFor();
  assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await open(`/restore?node=db1&path=${encodeURIComponent(join(source, 'pictures'))}`);
  await page.getByRole('button', { name: 'dot.png', exact: true }).click();
  await until('the picture is shown', () =>
    dialog.locator('img').evaluate((picture) => picture.complete && picture.naturalWidth === 1),
  );
  await dialog.getByRole('button', { name: 'Close' }).last().click();
});

test('the selection has items of several folders and points in time, and is kept', async () => {
  await open(`/restore?node=db1&path=${encodeURIComponent(source)}`);
  await page.getByRole('button', { name: 'Clear selection' }).click();
  await page.getByLabel('Select pictures').check();
  await page.getByRole('button', { name: 'docs', exact: true }).click();
  await points().last().click();
  await page.getByLabel('Select letter.txt').check();
  await page.getByText('2 selected').waitFor();
  await page.getByText('from 2 points in time').waitFor();
  await page.reload();
  await page.getByText('2 selected').waitFor();
  await page
    .getByRole('link', { name: /^Restore #/ })
    .first()
    .click();
  await page.getByRole('heading', { level: 1, name: /Restore #/ }).waitFor();
  await page.goBack();
  await page.getByText('2 selected').waitFor();
  await page.getByRole('button', { name: 'Use the point in time shown for all items' }).click();
  await page.getByText('from 2 points in time').waitFor({ state: 'detached' });
  await page.getByLabel('Select all').check();
  await page.getByText('4 selected').waitFor();
});

test('another machine gets what its own administrator allows, and nothing else', async () => {
  await page.getByRole('button', { name: 'Restore…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Another machine').check();
  await dialog.getByLabel('Target node').selectOption('web1');
  const allowed = dialog.getByLabel('Allowed directory');
  await allowed.waitFor();
  assert.equal(await allowed.inputValue(), join(office.work, 'web1-back'));
  await dialog.getByLabel('Subdirectory').fill('/etc');
  await dialog.getByText('The node does not allow restores to this directory.').waitFor();
  assert.ok(await dialog.getByRole('button', { name: 'Start restore' }).isDisabled());
  await dialog.getByLabel('Subdirectory').fill('here');
  await dialog.getByText(`The files are restored to ${join(office.work, 'web1-back', 'here')} on web1.`).waitFor();
  await dialog.getByLabel('Existing files').selectOption('never');
  await dialog.getByText('Only missing files are restored.').waitFor();
  await dialog.getByRole('button', { name: 'Start restore' }).click();
  await page.getByText(/Restored 4 files .* on web1$/).waitFor({ timeout: 60_000 });
  assert.equal(readFileSync(join(office.work, 'web1-back', 'here', 'docs', 'letter.txt'), 'utf8'), 'a letter');
});

test('a year of a restore point every 15 minutes is a calendar of a month, with the state of each day', async () => {
  const real = await (
    await page.context().request.get(`${office.url}/api/v1/nodes/db1/restore-points?zone=UTC`)
  ).json();
  const month = real.month;
  const days = Array.from({ length: 28 }, (_, i) => ({
    day: `${month}-${String(i + 1).padStart(2, '0')}`,
    points: 96,
    problems: i === 4 ? 2 : 0,
    damaged: i === 5 ? 1 : 0,
    kept: i === 6 ? 96 : 0,
  }));
  await page.route('**/restore-points?*', (route) =>
    route.fulfill({ json: { month, days, earlier: null, later: null, points: 35_040, newest: real.newest } }),
  );
  await open('/restore?node=db1');
  for (const words of [
    / 5, \d+, 96 restore points, 2 of them with warnings$/,
    / 6, \d+, 96 restore points, 1 of them damaged$/,
    / 7, \d+, 96 restore points, 96 of them on hold or locked$/,
    / 8, \d+, 96 restore points$/,
  ]) {
    await page.getByRole('button', { name: words }).waitFor();
  }
  const asked = page.waitForRequest(/\/api\/v1\/snapshots\?.*since=/);
  await page.getByRole('button', { name: / 8, \d+, 96 restore points$/ }).click();
  const query = new URL((await asked).url()).searchParams;
  assert.ok(Date.parse(query.get('before')) - Date.parse(query.get('since')) <= 25 * 3_600_000);
  await page.unroute('**/restore-points?*');
});

test('the page is accessible, and fits a phone', async () => {
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ]) {
    await page.setViewportSize({ width, height });
    await open('/restore?node=db1');
    await page.getByRole('button', { name: 'docs', exact: true }).waitFor();
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() =>
      globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }),
    );
    assert.deepEqual(
      violations.filter((each) => ['serious', 'critical'].includes(each.impact)).map((each) => each.id),
      [],
    );
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= globalThis.innerWidth));
  }
});
