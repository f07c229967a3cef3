// Every kind of trouble, made for real, told once on the overview, and gone when it is mended.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser, Office, overview } from './office.mjs';
import { isGone, isToldOnce, kinds, made } from './troubles.mjs';

const DAY_MILLIS = 86_400_000;
const SHIPPED = new URL('../../hardware-profiles/src/main/resources/dev/holdfast/profile/dev.json', import.meta.url);

let work;
let office;
let browser;
let page;
let source;
let vault;

const plan = (...words) => office.appliance('plan', ...words);
const api = async (path) => (await page.context().request.get(`${office.url}/api/v1${path}`)).json();
const profile = (capacity) => JSON.stringify({ ...JSON.parse(readFileSync(SHIPPED, 'utf8')), name: 'small', capacity });

/** Starts the appliance anew with so much room. */
async function restart(capacity) {
  const ports = await office.stop();
  writeFileSync(join(office.data, 'profile.json'), profile(capacity));
  await office.start(ports);
  await page.goto(office.url);
}

before(async () => {
  work = mkdtempSync(join(tmpdir(), 'holdfast-troubles-'));
  writeFileSync(join(work, 'small.json'), profile('200 GB'));
  office = await Office.open({ healthy: true, vault: false, profile: join(work, 'small.json') });
  await office.user('ann', 'administrator');
  source = join(office.work, 'files');
  vault = join(office.work, 'vault');
  mkdirSync(source);
  mkdirSync(vault);
  writeFileSync(join(source, 'a.bin'), randomBytes(2_000_000));
  await plan('set', 'nightly', '--path', source, '--schedule', '0 1 * * *');
  await office.machine('db1');
  browser = await launchBrowser();
  ({ page } = await overview(browser, office.url));
});

after(async () => {
  await browser?.close();
  await office?.close();
  rmSync(work, { recursive: true, force: true });
});

test('each kind of trouble is made by a test in a browser', () => {
  assert.ok(kinds().length >= 14, kinds().join(' '));
  assert.deepEqual(made().sort(), kinds().sort());
});

test('without a vault', async () => {
  const told = await isToldOnce(page, 'no-vault', {
    title: 'No vault is configured',
    why: /no off-site copies/,
    link: 'Set up a vault',
  });
  await office.appliance('vault', 'set', `file://${vault}`, '--when', 'immediately');
  await isGone(told);
});

test('a plan that has not run', async () => {
  await plan('bind', 'nightly', 'db1');
  const told = await isToldOnce(page, 'never-backed-up', {
    title: 'db1 has no snapshots',
    why: /Plan nightly has not run yet/,
    link: 'Open node',
    button: 'Back up now',
  });
  await told.getByRole('button').click();
  await isGone(told);
});

test('a backup that is overdue, since the machine is off', async () => {
  const { token } = JSON.parse((await office.appliance('token', 'create', '--json')).stdout);
  const state = await office.enrol(`holdfast enroll ${office.wire()} --token ${token}`, 'laptop');
  await plan('bind', 'nightly', 'laptop');
  office.sql(`UPDATE plan_node SET bound_at = bound_at - ${5 * DAY_MILLIS}, dealt = dealt - ${5 * DAY_MILLIS}
    WHERE node_id = (SELECT id FROM node WHERE name = 'laptop');`);
  const told = await isToldOnce(page, 'overdue', {
    title: 'laptop: the backup of plan nightly is overdue',
    why: /The client is offline/,
    link: 'Open node',
    button: 'Back up now',
  });
  office.service(state, join(office.work, 'back'));
  await isGone(told);
});

test('a plan that is paused for too long', async () => {
  await plan('pause', 'nightly');
  office.sql(`UPDATE plan_node SET bound_at = bound_at - ${5 * DAY_MILLIS};
    UPDATE task SET started_at = started_at - ${5 * DAY_MILLIS} WHERE plan = 'nightly';`);
  const told = await isToldOnce(page, 'overdue', {
    title: 'db1: the backup of plan nightly is overdue',
    why: /The plan is paused/,
    link: 'Open node',
    button: 'Back up now',
  });
  await plan('resume', 'nightly');
  await plan('run', 'nightly');
  await isGone(told);
});

test('backups that are suspended', async () => {
  // As a client leaves it that sent what no client sends; HostileClientTest has a real one.
  office.sql(`INSERT INTO suspension(node_id, since, reason)
    SELECT id, ${Date.now()}, 'it sent a chunk that cannot be read back' FROM node WHERE name = 'db1';
    INSERT INTO event(at, severity, kind, node_id, message)
    SELECT since, 'alert', 'node-suspended', node_id, reason FROM suspension;`);
  const told = await isToldOnce(page, 'suspended', {
    title: 'db1: backups are suspended',
    why: /it sent a chunk that cannot be read back/,
    link: 'Open node',
  });
  await office.appliance('node', 'resume', 'db1');
  await isGone(told);
});

test('a vault that cannot be reached', async () => {
  renameSync(vault, `${vault}-away`);
  writeFileSync(vault, 'not a directory');
  writeFileSync(join(source, 'b.bin'), randomBytes(1000));
  await plan('run', 'nightly');
  const told = await isToldOnce(page, 'vault-error', {
    title: 'Vault vault: uploads fail',
    why: /vault/,
    link: 'Open vaults',
  });
  rmSync(vault);
  renameSync(`${vault}-away`, vault);
  await office.appliance('vault', 'upload', '--wait');
  await isGone(told);
});

test('volumes that fill, and a part of the server that fails', async () => {
  // So that all of them lie in sealed containers, whose sizes are known.
  await restart('200 GB');
  const { usedBytes } = await api('/overview');
  const room = (percent) => `${Math.round((usedBytes * 100) / percent)} B`;
  const link = 'Open storage';

  office.healthy = false;
  await restart(room(90));
  const nearly = await isToldOnce(page, 'nearly-full', { title: 'The volumes are nearly full', why: /left/, link });
  const title = await page.locator('.hf-need strong').filter({ hasText: 'PS2 Status' }).innerText();
  const part = await isToldOnce(page, 'event', { title, why: /AC lost/, link: 'Open events', button: 'Acknowledge' });

  office.healthy = true;
  await restart(room(97));
  const almost = await isToldOnce(page, 'almost-full', {
    title: 'The volumes are almost full; backups will soon be refused',
    why: /left/,
    link,
  });
  await Promise.all([isGone(nearly), isGone(part)]);

  await restart(room(110));
  const full = await isToldOnce(page, 'full', {
    title: 'The volumes are full; backups are refused',
    why: /left/,
    link,
  });
  await isGone(almost);

  await restart('200 GB');
  await isGone(full);
  await page.getByText('All 2 machines are protected', { exact: true }).waitFor();
  assert.equal(await page.locator('.hf-need').count(), 0);
  const { events } = await api('/events?open=true');
  assert.deepEqual(
    events.filter((each) => each.severity !== 'INFO'),
    [],
  );
});
