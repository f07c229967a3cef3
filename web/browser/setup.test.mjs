// Off-site vault and alerts, set up and tested in the browser.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser, Office, overview, until } from './office.mjs';

let office;
let browser;
let page;
let complaints;
let hook;
const taken = [];

before(async () => {
  office = await Office.open({ healthy: true, vault: false });
  await office.user('ann', 'administrator');
  hook = createServer((request, response) => {
    taken.push(request.headers['x-holdfast-signature']);
    request.resume();
    response.writeHead(request.url === '/broken' ? 500 : 204).end();
  });
  await new Promise((listening) => hook.listen(0, '127.0.0.1', listening));
  browser = await launchBrowser();
  ({ page, complaints } = await overview(browser, office.url));
});

after(async () => {
  hook?.close();
  await browser?.close();
  await office?.close();
});

const url = (path) => `http://127.0.0.1:${hook.address().port}${path}`;
const button = (name) => page.getByRole('button', { name, exact: true });
const stored = async (path) => (await page.context().request.get(`${office.url}/api/v1${path}`)).json();

test('from nothing to a tested vault and a tested alert channel in ten clicks', async () => {
  let clicks = 0;
  const click = async (locator) => {
    clicks++;
    await locator.click();
  };
  const choose = async (label, value) => {
    clicks++;
    await page.getByLabel(label).selectOption(value);
  };
  await click(page.getByRole('link', { name: /^No vault is configured: backups/ }));
  await choose('Kind of vault', 'directory');
  const directory = page.getByLabel('Directory on the appliance');
  await directory.fill(join(office.work, 'not-mounted'));
  await click(button('Test connection'));
  await page.getByText('there is no directory').waitFor();
  const nas = join(office.work, 'nas');
  mkdirSync(nas);
  await directory.fill(nas);
  await page.getByText('there is no directory').waitFor({ state: 'detached' });
  await click(button('Test connection'));
  await page.getByText('The test passed').waitFor();
  assert.deepEqual((await stored('/vaults')).vaults, []);
  await click(button('Save the vault'));
  // The next step follows by itself.
  await page.getByLabel('Alerts by').waitFor();
  assert.equal((await stored('/vaults')).vaults[0].state.url, `file://${nas}`);

  await choose('Alerts by', 'webhook');
  await page.getByLabel('URL').fill('no url');
  await page.getByText('Enter a URL that begins with https://.').waitFor();
  await page.getByLabel('URL').fill(url('/alerts'));
  await page.getByLabel('Secret that signs requests').fill('a secret of the hook');
  await click(page.getByLabel('Allow a connection without encryption'));
  await click(button('Send test'));
  await page.getByText('The test message was accepted').waitFor();
  assert.equal(taken.length, 1);
  assert.ok(taken[0]);
  assert.deepEqual((await stored('/alert-channels')).channels, []);
  await click(button('Save and send a test message'));
  await page.getByLabel('Alerts by').waitFor({ state: 'detached' });
  assert.equal((await stored('/alert-channels')).channels.length, 1);
  assert.ok(clicks <= 10, `${clicks} clicks`);
  assert.deepEqual(complaints, []);
});

test('the vault takes an upload at once, without a restart', async () => {
  const source = join(office.work, 'documents');
  mkdirSync(source);
  writeFileSync(join(source, 'letter.txt'), 'a letter');
  const { token } = JSON.parse((await office.appliance('token', 'create', '--json')).stdout);
  const state = await office.enrol(`holdfast enroll ${office.wire()} --token ${token}`, 'laptop-ann');
  await office.run('--state', state, 'backup', source);
  await page.goto(`${office.url}/vaults`);
  await button('Upload now').click();
  await page.getByText('An upload was requested').waitFor();
  const vault = await until('the snapshot is in the vault', async () =>
    (await stored('/vaults')).vaults.find((each) => each.state.nodes[0]?.offsite === 1),
  );
  assert.equal(vault.state.error, '');
  assert.ok(vault.state.root > 0);
  await page.getByText('1 / 1').waitFor();
  await page.getByText('Idle').first().waitFor();
  assert.doesNotMatch(await page.locator('main').innerText(), /restart/i);
  assert.deepEqual(complaints, []);
});

test('a channel that does not work is not stored, and an edit keeps the secret', async () => {
  await page.goto(`${office.url}/settings`);
  await button('New alert channel').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: /^Name/ }).fill('broken');
  await dialog.getByLabel('Alerts by').selectOption('webhook');
  await dialog.getByLabel('URL').fill(url('/broken'));
  await dialog.getByLabel('Allow a connection without encryption').click();
  await dialog.getByRole('button', { name: 'Save and send a test message' }).click();
  await dialog.getByText('The operation failed').waitFor();
  assert.equal((await stored('/alert-channels')).channels.length, 1);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Discard changes' }).click();

  await page.getByRole('button', { name: 'Edit alerts' }).click();
  await dialog.getByText('A secret is stored').waitFor();
  await dialog.getByLabel('Send events from').selectOption('alert');
  await dialog.getByRole('button', { name: 'Save and send a test message' }).click();
  await dialog.waitFor({ state: 'detached' });
  const [channel] = (await stored('/alert-channels')).channels;
  assert.equal(channel.least, 'alert');
  assert.equal(channel.hasSecret, true);
  assert.ok(taken.at(-1));
});

test('the hours of uploads are painted by the keyboard, and told in words', async () => {
  await page.goto(`${office.url}/vaults`);
  await button('Edit upload policy').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'No uploads' }).click();
  await dialog.getByRole('button', { name: /^Monday 00:00/ }).focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  await dialog.getByText('Mon, Wed 00:00–01:00: no uploads').waitFor();
  await dialog.getByRole('button', { name: '≤ Limit' }).click();
  await dialog.getByLabel('Limit in MB/s').fill('0.5');
  await dialog.getByRole('button', { name: 'Sun', exact: true }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Sun 00:00–24:00: at most 500 kB/s').waitFor();
  const { policy } = (await stored('/vaults')).vaults[0];
  assert.deepEqual(policy.bandwidth, [{ hours: 'sun 00:00-24:00', bytesPerSecond: 500_000 }]);
  assert.deepEqual(policy.windows, ['mon,wed 01:00-24:00', 'tue,thu,fri,sat,sun 00:00-24:00']);
});

test('a directory with other files in it becomes no vault', async () => {
  const foreign = join(office.work, 'foreign');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'notes.txt'), 'of somebody else');
  await button('Add a copy of the vault').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: /^Name/ }).fill('second');
  await dialog.getByLabel('Kind of vault').selectOption('directory');
  await dialog.getByLabel('Directory on the appliance').fill(foreign);
  await dialog.getByRole('button', { name: 'Test connection' }).click();
  await dialog.getByText('has other files in it').waitFor();
  await dialog.getByLabel('Kind of vault').selectOption('oss');
  await dialog.getByLabel('AccessKey secret').waitFor();
  assert.equal(await dialog.getByLabel('AccessKey secret').getAttribute('type'), 'password');
  assert.equal(await dialog.getByRole('button', { name: 'Save the vault' }).isDisabled(), true);
});

test('a vault is removed by whoever types its name, and its data stay', async () => {
  await page.goto(`${office.url}/vaults`);
  await button('Remove the vault').click();
  const dialog = page.getByRole('dialog');
  const remove = dialog.getByRole('button', { name: 'Remove the vault' });
  assert.equal(await remove.isDisabled(), true);
  await dialog.getByLabel('Type vault to continue').fill('vault');
  await remove.click();
  await page.getByText('No vault is configured.').waitFor();
  assert.deepEqual((await stored('/vaults')).vaults, []);
  assert.ok(existsSync(join(office.work, 'nas', 'r')));
});

test('a role tells in words what it may do, and no permission by its name', async () => {
  await page.goto(`${office.url}/users`);
  await button('New user').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Role').selectOption('viewer');
  await dialog.getByText('This role may:').waitFor();
  await dialog.getByText('View nodes, plans, tasks, snapshots, vaults and events').waitFor();
  await dialog.getByText('It may not:').waitFor();
  await dialog.getByText(/^Delete snapshots, change retention/).waitFor();
  assert.doesNotMatch(await dialog.innerText(), /\b(DESTROY|VIEW|OPERATE)\b/);
});

test('the settings show commands that run, the certificate, and a support bundle to download', async () => {
  await page.goto(`${office.url}/settings`);
  await page.getByText('Own certificate authority of the appliance. Renewed automatically.').waitFor();
  const command = async (name) =>
    (await page.getByRole('textbox', { name, exact: true }).inputValue()).split(' ').slice(1);
  await office.run(...(await command('Upgrade check')));
  await office.run(...(await command('Support bundle')), '--dry-run');
  // There is nothing to reset, and no file of that name: but the commands are understood.
  await assert.rejects(office.appliance('certificate', 'reset'), { code: 6 });
  await assert.rejects(office.run(...(await command('Offer a client package'))), { code: 3 });

  const download = page.waitForEvent('download');
  await button('Download a support bundle').click();
  const file = await (await download).path();
  assert.equal(readFileSync(file).subarray(0, 2).toString(), 'PK');

  await button('Upload a certificate').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Certificate, then those of its issuers').fill('no certificate');
  await dialog.getByText('This is not PEM text.').waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Check and use' }).isDisabled(), true);
});
