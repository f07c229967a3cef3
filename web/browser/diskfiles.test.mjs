// Files on the disks of a snapshot: from the node's page to a folder, a name that is looked for, and downloads.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser, Office, overview } from './office.mjs';

// The machine that reads the disks starts everywhere so, and soon.
process.env.LIBGUESTFS_BACKEND_SETTINGS = 'force_tcg';

const MACHINE_STARTS = 180_000;
const LETTER = 'a letter\n';

let office;
let browser;
let page;

before(async () => {
  office = await Office.open({ healthy: true });
  await office.user('ann', 'administrator');
  const tree = join(office.work, 'tree');
  mkdirSync(join(tree, 'home', 'bob'), { recursive: true });
  writeFileSync(join(tree, 'home', 'bob', 'letter.txt'), LETTER);
  writeFileSync(join(tree, 'home', 'bob', 'other.txt'), 'another');
  const disk = join(office.work, 'disk.img');
  writeFileSync(disk, '');
  truncateSync(disk, 64 << 20);
  execFileSync('mkfs.ext4', ['-q', '-F', '-L', 'data', '-d', tree, disk]);
  const { token } = JSON.parse((await office.appliance('token', 'create', '--json')).stdout);
  const state = await office.enrol(`holdfast enroll ${office.wire()} --token ${token}`, 'vm1');
  await office.run('--state', state, 'backup', '--image', disk);
  browser = await launchBrowser();
  ({ page } = await overview(browser, office.url, { viewport: { width: 1440, height: 900 } }));
});

after(async () => {
  await browser?.close();
  await office?.close();
});

const button = (name) => page.getByRole('button', { name, exact: true });

async function download(link) {
  const [got] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: link }).click()]);
  return { name: got.suggestedFilename(), content: readFileSync(await got.path()) };
}

test('a file on a disk is found and downloaded', async () => {
  await page.goto(`${office.url}/nodes/vm1`);
  await page.getByRole('button', { name: 'Snapshot actions' }).click();
  await page.getByRole('menuitem', { name: 'Files on disks' }).click();
  await page.getByRole('heading', { level: 1, name: 'Files on disks' }).waitFor();
  await page.getByLabel('File system').waitFor({ timeout: MACHINE_STARTS });
  await page.getByLabel('File system').selectOption({ index: 1 });
  await button('home').click({ timeout: MACHINE_STARTS });
  await button('bob').click();
  await page.getByLabel('Select letter.txt').click();
  const file = await download('Download');
  assert.equal(file.name, 'letter.txt');
  assert.equal(file.content.toString(), LETTER);
  await page.getByLabel('Select other.txt').click();
  const archive = await download('Download as an archive (tar)');
  assert.match(archive.name, /^files-[0-9a-f]{8}\.tar$/);
  const packed = join(office.work, 'packed.tar');
  writeFileSync(packed, archive.content);
  const names = execFileSync('tar', ['-tf', packed]).toString().trim().split('\n').sort();
  assert.deepEqual(
    names.filter((name) => name.endsWith('.txt')).map((name) => name.replace(/^\.?\//, '')),
    ['home/bob/letter.txt', 'home/bob/other.txt'],
  );
});

test('a name is looked for below the folder that is shown', async () => {
  await button('/dev/sda').click();
  await page.getByLabel('Search this folder by name').fill('LETTER');
  await page.getByLabel('Search this folder by name').press('Enter');
  await page.getByText('/home/bob/letter.txt').waitFor();
  assert.equal(await page.getByText('/home/bob/other.txt').count(), 0);
});

test('the console gives access to restore the machine to bare metal', async () => {
  await page.goto(`${office.url}/nodes/vm1`);
  await page.getByRole('button', { name: 'Snapshot actions' }).click();
  await page.getByRole('menuitem', { name: 'Bare metal' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Create token' }).click();
  const address = await dialog.getByLabel('Address of the appliance').inputValue();
  const token = await dialog.getByLabel('Token', { exact: true }).inputValue();
  assert.match(address, /^https:\/\/[^/]+:\d+$/);
  assert.match(token, /^hfr1\./);
  const file = join(office.work, 'rescue-token');
  writeFileSync(file, token);
  const state = join(office.work, 'rescue-state');
  await office.run('--state', state, 'enroll', office.wire(), '--token-file', file);
  const { stdout } = await office.run(
    '--state',
    state,
    'restore-machine',
    '--dry-run',
    '--json',
    '--disk',
    `=${join(office.work, 'disk.img')}`,
  );
  assert.equal(JSON.parse(stdout).disks.length, 1);
});
