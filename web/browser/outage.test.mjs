// What the console shows while the appliance does not answer, and that it recovers by itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, Office, signIn, until, visitor } from './office.mjs';

let office;
let browser;

before(async () => {
  office = await Office.open({ healthy: true });
  await office.user('ann', 'administrator');
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await office?.close();
});

/** A signed-in visitor whose browser gets the page of users, which no other page needs, only as `serve` says. */
async function visit(serve = (route) => route.continue(), prepare = async () => {}) {
  const visit = await visitor(browser);
  await prepare(visit.page);
  await visit.page.route(/\/assets\/Users-.*\.js$/, serve);
  await signIn(visit.page, office.url, 'ann');
  await visit.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  return visit;
}

const users = (page) => page.getByRole('link', { name: 'Users', exact: true });
const heading = (page, name) => page.getByRole('heading', { level: 1, name });
const live = (page) => page.getByText('Live', { exact: true });
const unreachable = (page) => page.getByText(/^The appliance has been unreachable since .*\. Reconnecting\.$/);

test('while the appliance is stopped, the console says so, keeps what it has, and recovers by itself', async () => {
  let stopped = true;
  let asked = 0;
  const { page, context } = await visit((route) => {
    asked++;
    return stopped ? route.abort() : route.continue();
  });
  await until('the other pages were fetched in advance', () => asked > 0);
  await page.getByRole('link', { name: 'Nodes', exact: true }).click();
  await page.getByText('No nodes are enrolled.').waitFor();
  const ports = await office.stop();
  await unreachable(page).waitFor();
  await page.getByText('No nodes are enrolled.').waitFor();

  // A page that is not loaded yet waits; the menu stays, and leads back to what is there.
  await users(page).click();
  await page.getByRole('status', { name: 'Loading' }).waitFor();
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  await heading(page, 'Overview').waitFor();
  await page.getByRole('link', { name: 'Audit log', exact: true }).click();
  await page.getByText(/The appliance cannot be reached\./).waitFor();
  assert.doesNotMatch(await page.locator('body').innerText(), /Failed to fetch|Unexpected Application Error/);
  await users(page).click();

  stopped = false;
  await office.start(ports);
  await unreachable(page).waitFor({ state: 'detached' });
  await heading(page, 'Users').waitFor();
  await page.getByRole('button', { name: 'Edit ann' }).waitFor();
  await live(page).waitFor();
  await context.close();
});

test('a page whose file has another name since an upgrade is found by one reload', async () => {
  let loads = 0;
  // The browser asks, asks again, and asks after the reload.
  const { page, context } = await visit((route) => (++loads <= 3 ? route.fulfill({ status: 404 }) : route.continue()));
  await until('the page was looked for in advance', () => loads > 0);
  await users(page).click();
  await heading(page, 'Users').waitFor();
  assert.equal(loads, 4);
  await context.close();
});

test('a page that cannot be loaded at all is no endless reload, and leaves the menu', async () => {
  const { page, context } = await visit((route) => route.fulfill({ status: 404 }));
  let documents = 0;
  page.on('request', (request) => {
    documents += request.resourceType() === 'document' ? 1 : 0;
  });
  await users(page).click();
  await heading(page, 'This page could not be loaded').waitFor();
  assert.equal(documents, 1);
  await page.getByRole('link', { name: 'Nodes', exact: true }).click();
  await heading(page, 'Nodes').waitFor();
  await context.close();
});

test('many reloads do not end the live updates', async () => {
  const { page, context } = await visit();
  // Each leaves a stream behind; the appliance has ten for a user.
  for (let i = 0; i < 12; i++) {
    await Promise.all([page.waitForRequest(/\/live$/), page.reload({ waitUntil: 'commit' })]);
  }
  await live(page).waitFor();
  await context.close();
});

test('without live updates the console polls, says so, and returns to them', async () => {
  let refused = true;
  const { page, context } = await visit(undefined, async (made) => {
    await made.clock.install();
    await made.route('**/api/v1/live', (route) => (refused ? route.fulfill({ status: 429 }) : route.continue()));
  });
  const text = 'Reconnecting';
  await page.getByLabel('Session').getByText(text).waitFor();
  await page.getByRole('main').getByText(text).waitFor({ state: 'hidden' });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('main').getByText(text).waitFor();
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.getByRole('link', { name: 'Plans and policies' }).click();
  await page.getByText('No plans').waitFor();
  await office.appliance('plan', 'set', 'nightly', '--path', '/srv', '--schedule', '0 1 * * *');
  await page.clock.fastForward(20_000);
  await page.getByRole('link', { name: 'nightly' }).first().waitFor();
  refused = false;
  await page.clock.fastForward(40_000);
  await live(page).waitFor();
  await context.close();
});

test('a message of failure is counted, lies over no button, and goes away unless it is read', async () => {
  const { page, context } = await visit(undefined, (made) => made.clock.install());
  await page.route('**/api/v1/tasks', (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({ status: 409, contentType: 'application/problem+json', body: '{"detail":"not now"}' })
      : route.continue(),
  );
  await page.getByRole('link', { name: 'Tasks', exact: true }).click();
  const button = page.getByRole('button', { name: 'Calculate usage' });
  for (let i = 0; i < 3; i++) {
    await button.click();
  }
  const messages = page.getByRole('list', { name: 'Messages' }).getByRole('listitem');
  await messages.getByText(/^3\s*times$/).waitFor();
  assert.equal(await messages.count(), 1);
  const covered = await page.evaluate(() => {
    const { left, right, top, bottom } = document.querySelector('.hf-toasts .pf-v6-c-alert').getBoundingClientRect();
    return [...document.querySelectorAll('main button, main a')]
      .map((each) => [each.textContent, each.getBoundingClientRect()])
      .filter(([, box]) => box.left < right && box.right > left && box.top < bottom && box.bottom > top)
      .map(([text]) => text);
  });
  assert.deepEqual(covered, []);
  await messages.hover();
  await page.clock.fastForward(30_000);
  await messages.getByText('not now').waitFor();
  await button.hover();
  await page.clock.fastForward(5000);
  await messages.waitFor({ state: 'detached' });
  await context.close();
});
