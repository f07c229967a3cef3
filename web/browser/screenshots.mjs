// Pictures of every page, in both languages and themes, of a small office: npm run screenshots -- DIRECTORY
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { launchBrowser, Office, PAGES, signIn, until, visitor } from './office.mjs';

const target = resolve(process.argv[2] ?? 'target/screenshots');
mkdirSync(target, { recursive: true });
const office = await Office.open();
const browser = await launchBrowser();
try {
  await office.user('ann', 'administrator');
  await office.user('bob', 'viewer');
  const source = join(office.work, 'files');
  mkdirSync(join(source, 'reports'), { recursive: true });
  for (let i = 0; i < 40; i++) {
    writeFileSync(join(source, 'reports', `report-${i}.txt`), `report ${i}, quarter ${i % 4}\n`.repeat(5000 * (i + 1)));
  }
  for (const [name, pages] of [
    ['db1', true],
    ['web1', true],
    ['build1', false],
  ]) {
    const { token } = JSON.parse((await office.appliance('token', 'create', '--json')).stdout);
    const state = await office.enrol(`holdfast enroll ${office.wire()} --token ${token}`, name);
    if (pages) {
      office.service(state, join(office.work, 'back'));
    }
  }
  await office.appliance(
    ...['plan', 'set', 'nightly', '--path', source, '--schedule', '0 1 * * *', '--exclude', '*.tmp'],
  );
  await office.appliance('plan', 'set', 'hourly', '--path', source, '--schedule', '0 * * * *');
  for (const node of ['db1', 'web1']) {
    await office.appliance('plan', 'bind', 'nightly', node);
  }
  await office.appliance('plan', 'bind', 'hourly', 'db1');
  await office.appliance('policy', 'set', 'standard', '--daily', '14', '--weekly', '8', '--monthly', '12');
  await office.appliance('plan', 'run', 'nightly');
  await office.appliance('plan', 'run', 'nightly');
  await office.appliance('drill', 'run', 'db1');
  await office.appliance('vault', 'upload', '--wait');
  await office.appliance('usage', '--now');

  const times = [];
  for (const [language, theme] of [
    ['en', 'light'],
    ['en', 'dark'],
    ['zh-CN', 'light'],
    ['zh-CN', 'dark'],
  ]) {
    const { context, page } = await visitor(browser, { locale: language });
    await page.addInitScript(
      ([spoken, shown]) => {
        localStorage.setItem('holdfast.language', spoken);
        localStorage.setItem('holdfast.theme', shown);
      },
      [language, theme],
    );
    await page.goto(office.url);
    await page.locator('#user').waitFor();
    await page.screenshot({ path: join(target, `sign-in.${language}.${theme}.png`) });
    await page.locator('#user').fill('ann');
    await page.locator('#password').fill('correct horse battery');
    await page.locator('button[type=submit]').click();
    await page.locator('nav').first().waitFor();
    for (const [name, path] of PAGES) {
      const began = performance.now();
      await page.goto(`${office.url}${path}`);
      await page.locator('nav').first().waitFor();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await until(`${name} has loaded`, async () => (await page.locator('.hf-waiting').count()) === 0);
      times.push([name, performance.now() - began]);
      const height = await page.evaluate(() => document.querySelector('#content')?.scrollHeight ?? 0);
      await page.setViewportSize({ width: 1280, height: Math.min(3000, Math.max(720, height + 110)) });
      await page.waitForTimeout(400);
      await page.screenshot({ path: join(target, `${name}.${language}.${theme}.png`) });
      await page.setViewportSize({ width: 1280, height: 720 });
    }
    await context.close();
  }
  const cold = await visitor(browser);
  const began = performance.now();
  await cold.page.goto(office.url);
  await cold.page.locator('#user').waitFor();
  console.log(`first view, nothing cached: ${Math.round(performance.now() - began)} ms`);
  const signing = performance.now();
  await signIn(cold.page, office.url, 'ann');
  await cold.page.getByRole('heading', { level: 2 }).first().waitFor();
  console.log(`overview after signing in: ${Math.round(performance.now() - signing)} ms`);
  const worst = times.sort((a, b) => b[1] - a[1]).slice(0, 3);
  console.log(
    `pages until all is shown, the slowest: ${worst.map(([name, ms]) => `${name} ${Math.round(ms)} ms`).join(', ')}`,
  );
  console.log(`pictures in ${target}`);
} finally {
  await browser.close();
  await office.close();
}
