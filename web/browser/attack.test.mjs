// A backup that looks like an attack: seen, answered, and over, in the browser.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser, Office, overview } from './office.mjs';
import { isToldOnce } from './troubles.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let office;
let browser;
let page;
let source;
let clicks = 0;

const click = async (locator) => {
  clicks++;
  await locator.click();
};
const file = (i) => join(source, `report-${i}.txt`);
const backup = () => office.appliance('plan', 'run', 'nightly');
const api = async (path) => (await page.context().request.get(`${office.url}/api/v1${path}`)).json();

before(async () => {
  office = await Office.open({ healthy: true });
  await office.user('ann', 'administrator');
  source = join(office.work, 'files');
  mkdirSync(source);
  for (let i = 0; i < 30; i++) {
    writeFileSync(file(i), `report ${i}\n`.repeat(8000 + i));
  }
  const { token } = JSON.parse((await office.appliance('token', 'create', '--json')).stdout);
  const state = await office.enrol(`holdfast enroll ${office.wire()} --token ${token}`, 'db1');
  office.service(state, join(office.work, 'back'));
  await office.appliance('plan', 'set', 'nightly', '--path', source, '--schedule', '0 1 * * *');
  await office.appliance('plan', 'bind', 'nightly', 'db1');
  for (let day = 0; day < 4; day++) {
    writeFileSync(file(day), `changed on day ${day}\n`.repeat(5000));
    await backup();
  }
  for (let i = 0; i < 30; i++) {
    writeFileSync(file(i), randomBytes(100_000));
  }
  await backup();
  browser = await launchBrowser();
  ({ page } = await overview(browser, office.url));
});

after(async () => {
  await browser?.close();
  await office?.close();
});

test('the verdict leads to a picture of what was seen, and to the last clean restore point', async () => {
  const told = await isToldOnce(page, 'retention-paused', {
    title: 'db1: a backup looks like an attack',
    why: /files/,
    link: 'Keep or release',
  });
  await click(told.getByText('Keep or release'));
  await page.getByRole('heading', { name: 'db1: a backup looks like an attack' }).waitFor();
  await page
    .getByText(/of the files changed/)
    .first()
    .waitFor();
  await page
    .getByText(/Files changed: 100 %; usually \d/)
    .first()
    .waitFor();
  await page.getByText('Snapshots that policies do not delete: 5 of 5').waitFor();
  const { clean, suspect, runs } = await api('/nodes/db1/attack');
  assert.deepEqual([clean.snapshot, suspect.snapshot], [runs.at(-2).snapshot, runs.at(-1).snapshot]);
  const restore = await page.getByRole('link', { name: 'Restore from it' }).getAttribute('href');
  assert.equal(restore, `/restore?node=db1&snapshot=${clean.snapshot}`);
  await page.getByText('Show as a table').click();
  await page.getByText('Suspicious', { exact: true }).waitFor();
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'] }));
  assert.deepEqual(
    violations.filter((each) => ['serious', 'critical'].includes(each.impact)).map((each) => each.id),
    [],
  );
});

test('an attack is confirmed in two more clicks: nobody can delete the snapshots', async () => {
  await click(page.getByRole('button', { name: 'Keep: it is an attack' }));
  await page.getByLabel('Reason').fill('files are encrypted');
  await click(page.getByRole('button', { name: 'Keep the snapshots' }));
  await page.getByText('Confirmed by user ann: files are encrypted').waitFor();
  assert.equal(clicks, 3);
  const { snapshots } = await api('/snapshots?node=db1');
  assert.match(snapshots[0].kept, /held: since an attack: files are encrypted/);
  // The detector has held it before.
  assert.match(snapshots[1].kept, /held: the last before/);
  await page.goto(office.url);
  await page.getByText('db1: an attack was confirmed').waitFor();
});

test('a release ends the pause, and the verdict is green again', async () => {
  await page.goto(`${office.url}/nodes/db1`);
  await page.getByRole('link', { name: 'Keep or release' }).click();
  await page.getByRole('button', { name: 'Release: the changes are legitimate' }).click();
  await page.getByLabel('Reason').fill('it was a test');
  await page.getByRole('button', { name: 'Release', exact: true }).click();
  await page.getByRole('heading', { name: 'db1: no backup looks like an attack' }).waitFor();
  await page.goto(office.url);
  await page.getByText('The machine is protected').waitFor();
  const { entries } = await api('/audit');
  const told = entries.map((each) => `${each.action} ${each.object} ${each.outcome}`).join('\n');
  assert.match(told, /attack db1 confirmed, 2 snapshots held: files are encrypted/);
  assert.match(told, /node release db1 allowed: it was a test/);
});
