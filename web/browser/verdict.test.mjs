// Real trouble, told once and in plain words on the overview, and gone when it is mended.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser, Office, overview } from './office.mjs';
import { isToldOnce } from './troubles.mjs';

let office;
let browser;
let page;
let script;
let missing;

const plan = (...words) => office.appliance('plan', ...words);

before(async () => {
  office = await Office.open({ healthy: true });
  await office.user('ann', 'administrator');
  const source = join(office.work, 'files');
  missing = join(office.work, 'mounted-later');
  mkdirSync(source);
  writeFileSync(join(source, 'a.txt'), 'a file');
  const states = {};
  for (const name of ['db1', 'mail1', 'web1', 'spare1']) {
    const { token } = JSON.parse((await office.appliance('token', 'create', '--json')).stdout);
    states[name] = await office.enrol(`holdfast enroll ${office.wire()} --token ${token}`, name);
    if (name !== 'spare1') {
      office.service(states[name], join(office.work, 'back'));
    }
  }
  const scripts = join(states.mail1, 'scripts');
  mkdirSync(scripts, { recursive: true });
  script = join(scripts, 'dump-mail');
  writeFileSync(script, '#!/bin/sh\nexit 3\n');
  chmodSync(script, 0o755);
  await plan('set', 'nightly', '--path', source, '--schedule', '0 1 * * *');
  await plan('set', 'mail', '--path', source, '--before', 'dump-mail', '--schedule', '0 2 * * *');
  await plan('set', 'web', '--path', source, '--path', missing, '--schedule', '0 3 * * *');
  await plan('bind', 'nightly', 'db1');
  await plan('bind', 'mail', 'mail1');
  await plan('bind', 'web', 'web1');
  for (const each of ['nightly', 'mail', 'web']) {
    // The command tells of the failure by its exit code.
    await plan('run', each).catch(() => {});
  }
  browser = await launchBrowser();
  ({ page } = await overview(browser, office.url));
});

after(async () => {
  await browser?.close();
  await office?.close();
});

const needs = () => page.locator('.hf-need');

test('the verdict names each trouble once, the worst first', async () => {
  await page.getByText('3 of 4 machines need attention').waitFor();
  const told = await needs().allInnerTexts();
  assert.equal(told.length, 3, told.join('\n'));
  assert.match(told[0], /Alert[\s\S]*mail1: plan mail fails[\s\S]*dump-mail/);
  assert.match(told.slice(1).join('\n'), /spare1 has no plan/);
  assert.match(told.slice(1).join('\n'), /web1: the newest snapshot of plan web is incomplete/);
  await isToldOnce(page, 'failing', {
    title: 'mail1: plan mail fails',
    why: /dump-mail/,
    link: 'Open log',
    button: 'Retry',
  });
  await isToldOnce(page, 'no-plan', {
    title: 'spare1 has no plan',
    why: /No plan backs up this machine/,
    link: 'Protect this machine',
  });
  await isToldOnce(page, 'incomplete', {
    title: 'web1: the newest snapshot of plan web is incomplete',
    why: /^Files that could not be read: 1$/,
    link: 'Open log',
    button: 'Back up now',
  });
  // No chip, page or list says otherwise.
  await page.goto(`${office.url}/nodes`);
  for (const [name, health] of [
    ['mail1', 'Failing'],
    ['spare1', 'Unprotected'],
    ['web1', 'Warning'],
    ['db1', 'Protected'],
  ]) {
    await page
      .getByRole('row', { name: new RegExp(name) })
      .getByText(health, { exact: true })
      .waitFor();
  }
  await page.goto(`${office.url}/plans`);
  await page
    .getByRole('row', { name: /^mail / })
    .getByText('Failing', { exact: true })
    .waitFor();
  await page
    .getByRole('row', { name: /^nightly / })
    .getByText('Protected', { exact: true })
    .waitFor();
});

test('from the failure to its reason, and to a good backup, in four clicks', async () => {
  let clicks = 0;
  const click = async (locator) => {
    clicks++;
    await locator.click();
  };
  await page.goto(office.url);
  const failing = needs().filter({ hasText: 'mail1' });
  await click(failing.getByRole('link', { name: 'Open log' }));
  await page
    .getByText(/dump-mail/)
    .first()
    .waitFor();
  writeFileSync(script, '#!/bin/sh\nexit 0\n');
  await click(page.getByRole('link', { name: 'Overview', exact: true }));
  await click(failing.getByRole('button', { name: 'Retry' }));
  await page.getByText('2 of 4 machines need attention').waitFor({ timeout: 60_000 });
  assert.equal(await failing.count(), 0);
  assert.ok(clicks <= 4, `${clicks} clicks`);
});

test('all is green when all is mended, without anything to acknowledge', async () => {
  mkdirSync(missing);
  writeFileSync(join(missing, 'b.txt'), 'there again');
  await needs().filter({ hasText: 'web1' }).getByRole('button', { name: 'Back up now' }).click();
  await page.getByText('1 of 4 machines needs attention').waitFor({ timeout: 60_000 });
  await plan('bind', 'nightly', 'spare1');
  await page.getByText('spare1 has no snapshots').waitFor();
  await office.appliance('node', 'remove', 'spare1', '--with-snapshots', '--yes');
  await page.getByText('All 3 machines are protected').waitFor();
  assert.equal(await needs().count(), 0);
  const { events } = await (await page.context().request.get(`${office.url}/api/v1/events?open=true`)).json();
  assert.deepEqual(
    events.filter((each) => each.severity !== 'INFO'),
    [],
  );
});
