// From the first sign-in to the first backup: setup, recovery key, vault, alerts, and a machine that joins.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser, Office, PASSWORD, visitor } from './office.mjs';

let office;
let browser;
let page;
let complaints;
let told = 0;
const hook = createServer((request, response) => {
  told++;
  request.resume();
  response.writeHead(204).end();
});
before(async () => {
  await new Promise((listening) => hook.listen(0, '127.0.0.1', listening));
  office = await Office.setUp();
  browser = await launchBrowser();
  ({ page, complaints } = await visitor(browser));
});

after(async () => {
  await browser?.close();
  await office?.close();
  hook.close();
});

test('from the first sign-in to the first backup in twelve clicks', async () => {
  let clicks = 0;
  const click = async (locator) => {
    clicks++;
    await locator.click();
  };
  const choose = async (label, value) => {
    clicks++;
    await page.getByLabel(label).selectOption(value);
  };
  const button = (name) => page.getByRole('button', { name, exact: true });
  await page.goto(office.url);
  await page.getByLabel('User').fill('ann');
  await page.getByLabel('Password').fill(PASSWORD);
  await click(button('Sign in'));

  // The wizard opens by itself at the first open point, and each step leads to the next.
  await page.getByRole('heading', { level: 1, name: 'Setup' }).waitFor();
  await page.getByLabel('Recovery key from your sheet').fill(office.recoveryKey);
  await click(button('Confirm'));
  await choose('Kind of vault', 'directory');
  await page.getByLabel('Directory on the appliance').fill(join(office.work, 'vault'));
  await click(button('Save the vault'));
  await choose('Alerts by', 'webhook');
  await page.getByLabel('URL').fill(`http://127.0.0.1:${hook.address().port}/`);
  await click(page.getByLabel('Allow a connection without encryption'));
  await click(button('Save and send a test message'));

  // The commands are there at once; the last of them enrols.
  const commands = page.locator('#commands-debian');
  await commands.waitFor();
  const enrolment = (await commands.innerText()).split('\n').at(-1);
  const state = await office.enrol(enrolment, 'laptop-ann');
  await page.getByText('laptop-ann is enrolled').waitFor();
  office.service(state, join(office.work, 'back'));
  await page.getByText('The client service is connected.').waitFor();

  // What is on the machine is chosen on the machine.
  await choose('What is backed up', 'folders');
  const folders = clicks;
  for (const name of office.source.split('/').filter(Boolean).slice(0, -1)) {
    await click(page.locator('.hf-folders li').getByRole('button', { name, exact: true }));
  }
  // One for each folder on the way to it, and the way of this test may be long: /srv/data takes one.
  clicks = folders + 1;
  await click(page.getByRole('checkbox', { name: `Back up ${office.source}` }));
  assert.match(await page.getByLabel('Retention').inputValue(), /standard/);
  await click(button('Save and start the first backup'));
  await page.getByText('laptop-ann has its first backup').waitFor({ timeout: 60_000 });
  assert.ok(clicks <= 12, `${clicks} clicks`);
  assert.equal(told, 1);

  await page.goto(office.url);
  await page.getByText('The machine is protected').waitFor();
  const { plans } = await (await page.context().request.get(`${office.url}/api/v1/plans`)).json();
  assert.deepEqual(plans[0].plan.what.paths, [office.source]);
  const { policies } = await (await page.context().request.get(`${office.url}/api/v1/policies`)).json();
  assert.deepEqual([policies[0].name, policies[0].nodes], ['standard', ['laptop-ann']]);
  assert.deepEqual(complaints, []);
});

test('a machine without a plan is protected from its page, and a plan from folders of a node', async () => {
  const { token } = JSON.parse((await office.appliance('token', 'create', '--json')).stdout);
  await office.enrol(`holdfast enroll ${office.wire()} --token ${token}`, 'spare');
  await page.goto(`${office.url}/nodes/spare`);
  await page.getByRole('link', { name: 'Protect this machine' }).click();
  await page.getByLabel('What is backed up').selectOption('folders');
  // It is offline: that is said, and how to go on.
  await page.getByText(/is not connected/).waitFor();
  await page.getByLabel('Plan', { exact: true }).selectOption('laptop-ann');
  await page.getByRole('button', { name: 'Save and start the first backup' }).click();
  await page.getByText('Waiting', { exact: true }).waitFor();

  await page.goto(`${office.url}/plans/new`);
  await page.getByRole('button', { name: 'Choose folders…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('checkbox', { name: 'Back up /etc' }).waitFor();
  // The root is the default of a plan, and includes everything below it.
  assert.equal(await dialog.getByRole('checkbox', { name: 'Back up /etc' }).isDisabled(), true);
  await dialog.getByRole('button', { name: 'Close /' }).click();
  await dialog.getByRole('checkbox', { name: 'Back up /etc' }).check();
  await dialog.getByRole('button', { name: 'Select', exact: true }).click();
  assert.equal(await page.getByLabel('Paths (one per line)').inputValue(), '/etc');
});

test('a session that ends keeps what was entered', async () => {
  await page.getByLabel('Name').fill('etc');
  await page.context().clearCookies();
  await page.getByRole('button', { name: 'Save plan' }).click();
  await page.getByText('Your session has ended').waitFor();
  // Nobody reads the page meanwhile.
  assert.equal(await page.getByLabel('Paths (one per line)').isVisible(), false);
  await page.getByLabel('User').fill('ann');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  assert.equal(await page.getByLabel('Paths (one per line)').inputValue(), '/etc');
  await page.getByRole('button', { name: 'Save plan' }).click();
  await page.getByRole('link', { name: 'etc', exact: true }).waitFor();
});
