// What the pictures show: an office in order, one with every kind of trouble, an empty one, and one of a hundred nodes.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { damage, Office, until } from './office.mjs';

function files(office, many = 40) {
  const source = join(office.work, 'files');
  mkdirSync(join(source, 'reports'), { recursive: true });
  for (let i = 0; i < many; i++) {
    writeFileSync(join(source, 'reports', `report-${i}.txt`), `report ${i}, quarter ${i % 4}\n`.repeat(5000 * (i + 1)));
  }
  return source;
}

async function enrol(office, name) {
  const { token } = JSON.parse((await office.appliance('token', 'create', '--json')).stdout);
  return await office.enrol(`holdfast enroll ${office.wire()} --token ${token}`, name);
}

async function plan(office, name, node, ...options) {
  await office.appliance('plan', 'set', name, ...options);
  await office.appliance('plan', 'bind', name, node);
}

/** A command that tells of trouble by its exit code. */
const attempt = (running) => running.catch(() => {});

async function inOrder() {
  const office = await Office.open();
  await office.user('bob', 'viewer');
  const source = files(office);
  for (const name of ['db1', 'web1', 'build1']) {
    const state = await enrol(office, name);
    if (name !== 'build1') {
      office.service(state, join(office.work, 'back'));
    }
  }
  await plan(office, 'nightly', 'db1', '--path', source, '--schedule', '0 1 * * *', '--exclude', '*.tmp');
  await office.appliance('plan', 'bind', 'nightly', 'web1');
  await plan(office, 'hourly', 'db1', '--path', source, '--schedule', '0 * * * *');
  await office.appliance('policy', 'set', 'standard', '--daily', '14', '--weekly', '8', '--monthly', '12');
  await office.appliance('plan', 'run', 'nightly');
  await office.appliance('plan', 'run', 'nightly');
  await office.appliance('drill', 'run', 'db1');
  await office.appliance('vault', 'upload', '--wait');
  await office.appliance('usage', '--now');
  return office;
}

async function withTrouble() {
  const office = await Office.open();
  const source = files(office);
  const back = join(office.work, 'back');
  const states = {};
  for (const name of ['db1', 'mail1', 'web1', 'laptop-ann', 'spare1']) {
    states[name] = await enrol(office, name);
  }
  for (const name of ['db1', 'mail1', 'web1']) {
    office.service(states[name], back);
  }
  const scripts = join(states.mail1, 'scripts');
  mkdirSync(scripts, { recursive: true });
  writeFileSync(join(scripts, 'dump-mail'), '#!/bin/sh\necho "disk full" >&2\nexit 3\n');
  chmodSync(join(scripts, 'dump-mail'), 0o755);
  await plan(office, 'nightly', 'db1', '--path', source, '--schedule', '0 1 * * *');
  await plan(office, 'mail', 'mail1', '--path', source, '--before', 'dump-mail', '--schedule', '0 2 * * *');
  await plan(office, 'web', 'web1', '--path', source, '--path', join(office.work, 'gone'), '--schedule', '0 3 * * *');
  const often = ['--schedule', '* * * * *', '--overdue', '1', '--jitter', '0'];
  await plan(office, 'laptops', 'laptop-ann', '--path', source, ...often);
  for (const each of ['nightly', 'mail', 'web']) {
    await attempt(office.appliance('plan', 'run', each));
  }
  // A restart seals the containers.
  await office.start(await office.stop());
  office.containers().forEach(damage);
  await attempt(office.appliance('scrub', '--all'));
  await until('a backup is overdue', async () => /overdue/i.test((await office.appliance('status')).stdout), 240);
  return office;
}

async function withAHundred() {
  const office = await Office.open({ healthy: true });
  await enrol(office, 'n001');
  const kept = office.sql(
    "SELECT group_concat(name) FROM pragma_table_info('node') WHERE name NOT IN ('id', 'name', 'fingerprint');",
  );
  office.sql(
    `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
     INSERT INTO node(name, fingerprint, ${kept.trim()})
     SELECT printf('n%03d', i), printf('made-%d', i), ${kept.trim()} FROM n, node WHERE node.name = 'n001';`,
  );
  return office;
}

const FEW = [
  ['overview', '/'],
  ['nodes', '/nodes'],
  ['plans', '/plans'],
  ['tasks', '/tasks'],
  ['events', '/events?all=1'],
];

/** Each with its name, its pages (all of them if undefined), and how it comes to be. */
export const SCENES = [
  { name: 'office', open: inOrder },
  {
    name: 'trouble',
    open: withTrouble,
    pages: [...FEW, ['damage', '/damage'], ['node', '/nodes/mail1'], ['restore', '/restore?node=db1']],
  },
  { name: 'empty', open: () => Office.open({ healthy: true, vault: false }), pages: [...FEW, ['vaults', '/vaults']] },
  { name: 'hundred', open: withAHundred, pages: [...FEW, ['new-plan', '/plans/new']] },
];
