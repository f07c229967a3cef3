// Pictures of every page, in both languages and themes, on a desk and on a phone, with and without trouble:
// npm run screenshots -- DIRECTORY [SCENE...]
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { launchBrowser, PAGES, signIn, until, visitor } from './office.mjs';
import { SCENES } from './scenes.mjs';

const [directory = 'target/screenshots', ...wanted] = process.argv.slice(2);
const target = resolve(directory);
const DESK = { width: 1280, height: 720 };
const PHONE = { width: 390, height: 844 };
const LOOKS = [
  ['en', 'light', DESK],
  ['en', 'dark', DESK],
  ['zh-CN', 'light', DESK],
  ['zh-CN', 'dark', DESK],
  ['en', 'light', PHONE],
  ['zh-CN', 'light', PHONE],
];
const MOST_HEIGHT = 3000;
const times = [];

/** Shows a page until all of it is there, and takes its whole height. */
async function picture(page, office, name, path, file, size) {
  const began = performance.now();
  await page.goto(`${office.url}${path}`);
  await page.locator('.hf-head').first().waitFor();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await until(`${name} has loaded`, async () => (await page.locator('.hf-waiting').count()) === 0);
  times.push([name, performance.now() - began]);
  const height = await page.evaluate(() => document.querySelector('#content')?.scrollHeight ?? 0);
  await page.setViewportSize({ width: size.width, height: Math.min(MOST_HEIGHT, Math.max(size.height, height + 110)) });
  await page.waitForTimeout(400);
  await page.screenshot({ path: file });
  await page.setViewportSize(size);
}

async function pictures(browser, office, { name: scene, pages }) {
  for (const [language, theme, size] of pages ? LOOKS.filter(([, theme]) => theme === 'light') : LOOKS) {
    const { context, page } = await visitor(browser, { locale: language, viewport: size });
    await page.addInitScript(
      ([spoken, shown]) => {
        localStorage.setItem('holdfast.language', spoken);
        localStorage.setItem('holdfast.theme', shown);
      },
      [language, theme],
    );
    const look = `${language}.${theme}.${size.width}`;
    await page.goto(office.url);
    await page.locator('#user').waitFor();
    await page.screenshot({ path: join(target, `${scene}.sign-in.${look}.png`) });
    await page.locator('#user').fill('ann');
    await page.locator('#password').fill('correct horse battery');
    await page.locator('button[type=submit]').click();
    await page.locator('.hf-head').first().waitFor();
    for (const [name, path] of pages ?? PAGES) {
      await picture(page, office, name, path, join(target, `${scene}.${name}.${look}.png`), size);
    }
    await context.close();
  }
}

/** How long a first view and an overview take. */
async function timings(browser, office) {
  const { context, page } = await visitor(browser);
  const began = performance.now();
  await page.goto(office.url);
  await page.locator('#user').waitFor();
  console.log(`first view, nothing cached: ${Math.round(performance.now() - began)} ms`);
  const signing = performance.now();
  await signIn(page, office.url, 'ann');
  await page.getByRole('heading', { level: 2 }).first().waitFor();
  console.log(`overview after signing in: ${Math.round(performance.now() - signing)} ms`);
  await context.close();
}

mkdirSync(target, { recursive: true });
const browser = await launchBrowser();
try {
  for (const scene of SCENES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const office = await scene.open();
    try {
      await office.user('ann', 'administrator');
      await pictures(browser, office, scene);
      await timings(browser, office);
    } finally {
      await office.close();
    }
  }
  const worst = times.sort((a, b) => b[1] - a[1]).slice(0, 3);
  console.log(
    `pages until all is shown, the slowest: ${worst.map(([name, ms]) => `${name} ${Math.round(ms)} ms`).join(', ')}`,
  );
  console.log(`pictures in ${target}`);
} finally {
  await browser.close();
}
