// A real office for the browser: an appliance as its own process, machines that enrol, a vault in a directory.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const launcher = resolve(process.env.HOLDFAST_LAUNCHER ?? '../packaging/dist/target/holdfast/holdfast');
const execute = promisify(execFile);
export const PASSWORD = 'correct horse battery';

/** Waits until a condition holds; fails with its name. */
export async function until(what, check, seconds = 60) {
  for (let i = 0; i < seconds * 10; i++) {
    const found = await check();
    if (found) {
      return found;
    }
    await sleep(100);
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

/** The code of an authenticator app, `ahead` steps of 30 s from now. */
export function totp(uri, ahead = 0) {
  const secret = new URL(uri).searchParams.get('secret') ?? '';
  let bits = '';
  for (const letter of secret) {
    bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0');
  }
  const key = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const hash = createHmac('sha1', key).update(counter).digest();
  const at = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function end(process) {
  process.kill('SIGTERM');
  await Promise.race([new Promise((ended) => process.once('exit', ended)), sleep(30_000)]);
}

export class Office {
  #running = [];
  #appliance;

  /**
   * @param healthy whether all parts of the server are in order
   * @param vault whether there is one
   * @param profile of the hardware: a name, or the path of a file, which is copied
   */
  static async open({ healthy = false, vault = true, profile = 'dev' } = {}) {
    const office = new Office();
    office.healthy = healthy;
    office.work = mkdtempSync(join(tmpdir(), 'holdfast-console-'));
    office.data = join(office.work, 'appliance');
    const { stdout } = await office.run('appliance', 'init', '--data', office.data, '--profile', profile);
    office.recoveryKey = /HFRK[-0-9A-Z]+/.exec(stdout)?.[0] ?? '';
    if (vault) {
      mkdirSync(join(office.work, 'vault'));
      await office.appliance('vault', 'set', `file://${office.work}/vault`, '--when', 'manually');
    }
    await office.start();
    return office;
  }

  /** An appliance that `setup` made, with the user ann: nothing else of it is decided. `source` has files to back up. */
  static async setUp() {
    const office = new Office();
    office.healthy = true;
    office.work = mkdtempSync(join(tmpdir(), 'holdfast-console-'));
    office.data = join(office.work, 'appliance');
    office.source = join(office.work, 'documents');
    mkdirSync(join(office.work, 'vault'));
    mkdirSync(office.source);
    writeFileSync(join(office.source, 'letter.txt'), 'a letter');
    const password = join(office.work, 'password');
    const sheet = join(office.work, 'sheet.txt');
    const answers = join(office.work, 'answers.toml');
    writeFileSync(password, `${PASSWORD}\n`, { mode: 0o600 });
    writeFileSync(
      answers,
      `profile = "dev"\nrecovery-sheet = "${sheet}"\n[administrator]\nname = "ann"\npassword-file = "${password}"\n`,
    );
    await office.appliance('setup', '--answers', answers);
    office.recoveryKey = /HFRK[-0-9A-Z]+/.exec(readFileSync(sheet, 'utf8'))?.[0] ?? '';
    await office.start();
    return office;
  }

  run(...command) {
    return execute(launcher, command, { maxBuffer: 1 << 26 });
  }

  appliance(...command) {
    return this.run('appliance', ...command, '--data', this.data);
  }

  /** Starts the appliance, on free ports or on the given ones. */
  async start({ wire = 0, api = 0 } = {}) {
    const out = join(this.work, 'appliance.out');
    const log = openSync(out, 'w');
    const report = join(this.work, 'hardware.json');
    const parts = [
      ['power-supply', 'PS1 Status', 'ok', 'Presence detected'],
      ['power-supply', 'PS2 Status', 'failed', 'Presence detected, Power Supply AC lost'],
      ['raid-controller', 'controller 0', 'ok', 'MegaRAID 9460-8i, Optimal'],
      ['battery', 'controller 0', 'warning', 'charging'],
      ['disk', 'controller 0 slot 252:0', 'ok', 'ST8000NM000A, online'],
      ['disk', 'controller 0 slot 252:1', 'absent', 'missing'],
      ['fan', 'all', 'unknown', 'ipmitool is not installed'],
    ]
      .filter(([kind]) => !this.healthy || kind !== 'fan')
      .map(([kind, name, state, detail]) => ({ kind, name, state: this.healthy ? 'ok' : state, detail }));
    writeFileSync(report, JSON.stringify({ version: 1, at: new Date().toISOString(), parts }));
    const listen = ['--listen', `127.0.0.1:${wire}`, '--api', `127.0.0.1:${api}`];
    const command = ['appliance', 'run', '--data', this.data, ...listen, '--hardware-report', report];
    this.#appliance = spawn(launcher, command, { stdio: ['ignore', log, log] });
    this.#running.push(this.#appliance);
    this.url = await until('the appliance serves', () => /(https:\S+)\/api\/v1/.exec(readFileSync(out, 'utf8'))?.[1]);
    await until('the appliance listens', () => existsSync(join(this.data, 'run.json')));
  }

  /** Stops the appliance. Returns its ports, for start(). */
  async stop() {
    const ports = { wire: new URL(this.wire()).port, api: new URL(this.url).port };
    this.#running = this.#running.filter((each) => each !== this.#appliance);
    await end(this.#appliance);
    return ports;
  }

  /** The address that clients connect to. */
  wire() {
    const { host, port } = JSON.parse(readFileSync(join(this.data, 'run.json'), 'utf8'));
    return `https://${host}:${port}`;
  }

  async user(name, role) {
    const file = join(this.work, 'password');
    writeFileSync(file, `${PASSWORD}\n`, { mode: 0o600 });
    await this.appliance('user', 'add', name, '--role', role, '--password-file', file);
  }

  /** Runs the enrolment command from the console as a new machine. */
  async enrol(command, name) {
    const state = join(this.work, `client-${name}`);
    const words = command.trim().split(/\s+/).slice(1);
    await this.run('--state', state, ...words, '--name', name);
    return state;
  }

  /** Changes the control database, for what would take days or a machine that is taken over. */
  sql(text) {
    const database = join(this.data, 'control.db');
    return execFileSync('sqlite3', ['-cmd', '.timeout 20000', database, text], { encoding: 'utf8' });
  }

  /** A new machine with its client service, which may restore below a directory of its own. */
  async machine(name) {
    const { token } = JSON.parse((await this.appliance('token', 'create', '--json')).stdout);
    const state = await this.enrol(`holdfast enroll ${this.wire()} --token ${token}`, name);
    this.service(state, join(this.work, 'back'));
    return state;
  }

  /** The sealed containers on the volume, the largest first. A restart seals what is open. */
  containers() {
    const directory = join(this.data, 'volumes', '0', 'containers');
    return readdirSync(directory, { recursive: true })
      .filter((each) => each.endsWith('.hfc'))
      .map((each) => join(directory, each))
      .sort((a, b) => statSync(b).size - statSync(a).size);
  }

  /** Offers a package of the client for this machine, signed by a vendor whom nobody trusts. */
  async offer(version) {
    const content = Buffer.from(`client ${version}`);
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const hex = (bytes) => createHash('sha256').update(bytes).digest('hex');
    const signed = [
      'holdfast-release-signature 1',
      'product: holdfast-client',
      `version: ${version}`,
      `architecture: ${process.arch === 'x64' ? 'amd64' : process.arch}`,
      'kind: deb',
      `size: ${content.length}`,
      `sha256: ${hex(content)}`,
      `key: ${hex(publicKey.export({ type: 'spki', format: 'der' })).slice(0, 16)}`,
      '',
    ].join('\n');
    const file = join(this.work, 'client.deb');
    writeFileSync(file, content);
    const signature = sign(null, Buffer.from(signed), privateKey).toString('base64');
    writeFileSync(`${file}.sig`, `${signed}signature: ${signature}\n`);
    await this.appliance('client-package', 'add', file);
  }

  /** Starts the client service of a machine, which may restore below a directory. */
  service(state, below) {
    this.#running.push(spawn(launcher, ['--state', state, 'service', '--restore-below', below], { stdio: 'ignore' }));
  }

  async close() {
    for (const process of this.#running.reverse()) {
      await end(process);
    }
    rmSync(this.work, { recursive: true, force: true });
  }
}

/** Turns one bit in the middle of a file. */
export function damage(file) {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(file, bytes);
}

export function launchBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A separate browser context, with the errors that its pages log. */
export async function visitor(browser, options = {}) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    locale: 'en-US',
    viewport: { width: 1280, height: 720 },
    acceptDownloads: true,
    ...options,
  });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    // The browser logs refused requests as errors; the console shows them to the user.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!/^(https:\/\/127\.0\.0\.1|data:|blob:)/.test(request.url())) {
      complaints.push(`asked elsewhere: ${request.url()}`);
    }
  });
  page.setDefaultTimeout(Number(process.env.HOLDFAST_PATIENCE ?? 30_000));
  return { context, page, complaints };
}

/** A page of this browser on which ann has signed in and sees the overview. */
export async function overview(browser, url, options) {
  const one = await visitor(browser, options);
  await signIn(one.page, url, 'ann');
  await one.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  return one;
}

export async function signIn(page, url, user, code = '') {
  await page.goto(url);
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  if (code) {
    await page.getByLabel('Code from your authenticator app').fill(code);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
}

export const PAGES = [
  ['overview', '/'],
  ['nodes', '/nodes'],
  ['node', '/nodes/db1'],
  ['plans', '/plans'],
  ['plan', '/plans/nightly'],
  ['add-machine', '/add-machine'],
  ['protect', '/nodes/db1/protect'],
  ['new-plan', '/plans/new'],
  ['policies', '/plans?tab=policies'],
  ['new-policy', '/policies/new'],
  ['tasks', '/tasks'],
  ['task', '/tasks/1'],
  ['restore', '/restore?node=db1'],
  ['search', '/restore?node=db1&name=report'],
  ['disk-files', '/disk-files'],
  ['instant-recovery', '/instant-recovery'],
  ['storage', '/storage'],
  ['vaults', '/vaults'],
  ['hardware', '/hardware'],
  ['damage', '/damage'],
  ['attack', '/attack'],
  ['attack-node', '/attack?node=db1'],
  ['events', '/events?all=1'],
  ['audit', '/audit'],
  ['users', '/users'],
  ['account', '/account'],
  ['settings', '/settings'],
  ['setup', '/setup?step=recovery-key'],
  ['guide', '/guide'],
  ['guide-disaster', '/guide/disaster'],
];
