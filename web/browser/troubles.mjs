// The kinds of trouble that the verdict knows, and what it has to tell of each.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const HERE = import.meta.dirname;
const DECLARED = join(HERE, '../../appliance/control/src/main/java/dev/holdfast/control/health/TroubleKind.java');

/** All kinds, as the appliance declares them. */
export function kinds() {
  return [...readFileSync(DECLARED, 'utf8').matchAll(/^ {4}[A-Z_]+\("([a-z-]+)", Severity\./gm)].map(
    ([, kind]) => kind,
  );
}

/** The kinds that some browser test makes and has told once. */
export function made() {
  const tests = readdirSync(HERE).filter((each) => each.endsWith('.test.mjs'));
  const calls = tests.flatMap((each) => [
    ...readFileSync(join(HERE, each), 'utf8').matchAll(/isToldOnce\(page, '([a-z-]+)'/g),
  ]);
  return [...new Set(calls.map(([, kind]) => kind))];
}

/**
 * The overview tells of a trouble exactly once: what, why, since when, and where to go on, with at most one operation.
 *
 * @param title of it, all of it
 * @param why of the reason
 * @param link to where more is told
 * @param button that mends it, or undefined
 * @return its row
 */
export async function isToldOnce(page, kind, { title, why, link, button }) {
  const row = page.locator('.hf-need').filter({ has: page.getByText(title, { exact: true }) });
  await row.waitFor();
  assert.equal(await row.count(), 1, title);
  const { needs } = await (await page.context().request.get(new URL('/api/v1/overview', page.url()).href)).json();
  const alike = needs.filter((each) => each.kind === kind && title.includes(kind === 'event' ? each.text : each.node));
  assert.equal(alike.length, 1, JSON.stringify(needs));
  assert.match(await row.innerText(), /^(Alert|Warning)\n/);
  // What an open event says is its reason too.
  assert.match(kind === 'event' ? title : await row.locator('.hf-brief').innerText(), why);
  assert.equal(await row.locator('time').count(), 1, `${kind}: age`);
  assert.deepEqual(await row.getByRole('link').allInnerTexts(), [link]);
  assert.deepEqual(await row.getByRole('button').allInnerTexts(), button ? [button] : []);
  return row;
}

/** It is not told any more. */
export const isGone = (row) => row.waitFor({ state: 'detached' });
