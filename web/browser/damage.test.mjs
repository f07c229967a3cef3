// Real damage: found by a scrub, told on the overview, and healed or explained in at most three clicks.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { damage, launchBrowser, Office, signIn, until, visitor } from './office.mjs';
import { isToldOnce } from './troubles.mjs';

const MOST_CLICKS = 3;

let office;
let browser;
let page;
let source;
let clicks;

const click = async (locator) => {
  clicks++;
  await locator.click();
};
const api = async (path) => (await page.context().request.get(`${office.url}/api/v1${path}`)).json();
const backup = () => office.appliance('plan', 'run', 'nightly');
/** A scrub that finds damage ends as failed. */
const scrub = () => assert.rejects(office.appliance('scrub', '--all'), { code: 7 });
const needs = () => page.locator('.hf-need');
const row = (text) => page.getByRole('row').filter({ hasText: text });

/** Stores a file in a sealed container of its own, which is damaged then. */
async function storeDamaged(name, then = () => {}) {
  const before = new Set(office.containers());
  writeFileSync(join(source, name), randomBytes(300_000));
  await backup();
  await then();
  await office.start(await office.stop());
  await until('the machine is connected', async () => (await api('/nodes/db1')).node.connected);
  damage(office.containers().find((each) => !before.has(each)));
}

/** The overview tells of damage on the machine, once. */
async function isTold() {
  await page.goto(office.url);
  await isToldOnce(page, 'damaged', {
    title: 'db1: files of snapshots are damaged',
    why: /^Damaged files: 1$/,
    link: 'Show damage',
  });
  assert.equal(await needs().count(), 1, (await needs().allInnerTexts()).join('\n'));
}

/** The page names the file, its snapshot and its machine. */
async function isExplained(path) {
  await page.getByRole('heading', { level: 1, name: 'Damage' }).waitFor();
  await page.getByText('Damaged files: 1, in snapshots: 1').waitFor();
  const { hurts } = await api('/damage');
  assert.deepEqual(
    hurts.map((each) => [each.node, each.path]),
    [['db1', path]],
  );
  const hurt = row(path);
  const [{ snapshot }] = hurts;
  assert.equal(await hurt.getByRole('link', { name: 'db1' }).getAttribute('href'), '/nodes/db1');
  assert.equal(
    await hurt.locator(`a[href="/restore?node=db1&snapshot=${snapshot}"]`).count(),
    1,
    await hurt.innerHTML(),
  );
  await page.getByRole('heading', { name: 'What to do' }).waitFor();
  return snapshot;
}

/** The page, the overview and the appliance say that all is well, without anything to acknowledge. */
async function isOver() {
  await page.getByText('No damage found').waitFor({ timeout: 180_000 });
  assert.ok(clicks <= MOST_CLICKS, `${clicks} clicks`);
  await page.goto(office.url);
  await page.getByText('The machine is protected', { exact: true }).waitFor();
  assert.equal(await needs().count(), 0);
  const { events } = await api('/events?open=true');
  assert.deepEqual(
    events.filter((each) => each.severity !== 'INFO'),
    [],
  );
}

async function download(snapshot, path) {
  const target = `${office.url}/api/v1/snapshots/${snapshot}/archive?path=${encodeURIComponent(path)}`;
  return await page.context().request.get(target);
}

before(async () => {
  office = await Office.open({ healthy: true });
  await office.user('ann', 'administrator');
  source = join(office.work, 'files');
  mkdirSync(source);
  writeFileSync(join(source, 'letter.txt'), 'a letter');
  await office.machine('db1');
  await office.appliance('plan', 'set', 'nightly', '--path', source, '--schedule', '0 1 * * *');
  await office.appliance('plan', 'bind', 'nightly', 'db1');
  await backup();
  browser = await launchBrowser();
  ({ page } = await visitor(browser));
  await signIn(page, office.url, 'ann');
  await page.getByText('The machine is protected', { exact: true }).waitFor();
});

after(async () => {
  await browser?.close();
  await office?.close();
});

beforeEach(() => {
  clicks = 0;
});

test('what the machine still has is sent again by its next backup, and the damage is over', async () => {
  await storeDamaged('kept.bin');
  await scrub();
  await isTold();
  await click(needs().getByRole('link', { name: 'Show damage' }));
  const path = join(source, 'kept.bin');
  const snapshot = await isExplained(path);
  await click(row('db1').getByRole('button', { name: 'Back up now' }));
  await isOver();
  assert.equal(clicks, 2);
  assert.ok((await (await download(snapshot, path)).body()).includes(readFileSync(path)));
});

test('what only a vault has is healed from there by a scrub that the page starts', async () => {
  await storeDamaged('uploaded.bin', () => office.appliance('vault', 'upload', '--wait'));
  const path = join(source, 'uploaded.bin');
  const content = readFileSync(path);
  rmSync(path);
  const vault = join(office.work, 'vault');
  renameSync(vault, `${vault}-away`);
  await scrub();
  await isTold();
  await click(needs().getByRole('link', { name: 'Show damage' }));
  const snapshot = await isExplained(path);
  rmSync(vault, { recursive: true, force: true });
  renameSync(`${vault}-away`, vault);
  await click(page.getByRole('button', { name: 'Start full scrub' }));
  await isOver();
  assert.equal(clicks, 2);
  assert.ok((await (await download(snapshot, path)).body()).includes(content));
});

test('what nobody has any more is explained, and is over when its snapshot is deleted', async () => {
  await storeDamaged('lost.bin');
  const path = join(source, 'lost.bin');
  rmSync(path);
  await scrub();
  await isTold();
  await click(needs().getByRole('link', { name: 'Show damage' }));
  const snapshot = await isExplained(path);
  await click(row('db1').getByRole('button', { name: 'Back up now' }));
  await until('a backup without the file', async () => (await api('/snapshots?node=db1')).snapshots[0].id !== snapshot);
  await isExplained(path);

  // Neither the list of files nor the restore nor a download makes it look whole.
  await click(row(path).getByRole('link', { name: 'Other versions' }));
  await page.getByRole('button', { name: path, exact: true }).click();
  await row('lost.bin').getByText('Damaged', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Restore…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Damaged files in this selection: 1. They will be missing after the restore.').waitFor();
  await dialog.getByText(path, { exact: true }).last().waitFor();
  await dialog.getByRole('button', { name: 'Restore everything else' }).waitFor();
  const refused = await download(snapshot, path);
  assert.equal(refused.status(), 409);
  assert.equal((await refused.json()).type, 'urn:holdfast:damaged');

  await page.goto(`${office.url}/nodes/db1`);
  await page.getByRole('row').filter({ hasText: 'Damaged' }).getByRole('button').last().click();
  await page.getByRole('menuitem', { name: 'Delete', exact: true }).click();
  await dialog.getByRole('textbox').fill('db1');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.goto(`${office.url}/damage`);
  await isOver();
  assert.equal(clicks, 3);
});
