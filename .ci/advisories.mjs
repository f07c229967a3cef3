// Compares the bill of materials of the installable tree with published advisories in the OSV format, and fails if a
// component has one that .ci/advisories.accepted does not list.
//
// Usage: node .ci/advisories.mjs [BOM]
//   HOLDFAST_ADVISORIES=DIR  read advisories from the JSON files below DIR, without a network: the unpacked archives
//                            https://osv-vulnerabilities.storage.googleapis.com/{Maven,npm}/all.zip
//   HOLDFAST_OSV=URL         otherwise ask this server; default https://api.osv.dev
// Exit code: 0 no advisory, 1 advisories, 2 wrong usage or bad input, 3 not checked because the server did not answer.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUEST_SECONDS = 20;
const QUERIES_PER_REQUEST = 500;
const here = dirname(fileURLToPath(import.meta.url));
const bomFile = resolve(process.argv[2] ?? join(here, '../packaging/dist/target/holdfast/sbom/holdfast.cdx.json'));

function fail(code, message) {
  console.error(`advisories: ${message}`);
  process.exit(code);
}

// Lines of "ID reason". An entry without a reason is refused: it could not be reviewed later.
function accepted() {
  const file = process.env.HOLDFAST_ADVISORIES_ACCEPTED ?? join(here, 'advisories.accepted');
  const known = new Map();
  if (existsSync(file)) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [, id, reason] = /^([A-Za-z0-9-]+)\s*(.*)$/.exec(line) ?? [];
      if (id && !reason) {
        fail(2, `${file}: ${id} has no reason; write "${id} why it does not matter here"`);
      }
      if (id) {
        known.set(id, reason);
      }
    }
  }
  return known;
}

// Maven's order of versions, which contains that of npm: numbers by value, qualifiers before the release.
const QUALIFIERS = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const SHORT = { a: 'alpha', b: 'beta', m: 'milestone', cr: 'rc', ga: '', final: '', release: '' };

function tokens(version) {
  const found = version
    .toLowerCase()
    .replace(/^v(?=\d)/, '')
    .replace(/\+.*$/, '')
    .match(/\d+|[a-z]+/g);
  return (found ?? []).map((token) => (/^\d/.test(token) ? BigInt(token) : (SHORT[token] ?? token)));
}

function rank(token) {
  const at = QUALIFIERS.indexOf(token);
  return at < 0 ? QUALIFIERS.length : at;
}

function compare(left, right) {
  const [a, b] = [tokens(left), tokens(right)];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    // A missing part counts as zero against a number and as a release against a qualifier.
    const x = a[i] ?? (typeof b[i] === 'bigint' ? 0n : '');
    const y = b[i] ?? (typeof a[i] === 'bigint' ? 0n : '');
    if (typeof x !== typeof y) {
      return typeof x === 'bigint' ? 1 : -1;
    }
    const [p, q] = typeof x === 'bigint' ? [x, y] : [rank(x), rank(y)];
    if (p !== q) {
      return p < q ? -1 : 1;
    }
    if (typeof x === 'string' && rank(x) === QUALIFIERS.length && x !== y) {
      return x < y ? -1 : 1;
    }
  }
  return 0;
}

function isAffected(affected, version) {
  if (affected.versions?.includes(version)) {
    return true;
  }
  return (affected.ranges ?? [])
    .filter((range) => range.type !== 'GIT')
    .some((range) => {
      let inside = false;
      for (const event of range.events) {
        if (event.introduced !== undefined) {
          inside ||= event.introduced === '0' || compare(version, event.introduced) >= 0;
        } else if (event.fixed !== undefined) {
          inside &&= compare(version, event.fixed) < 0;
        } else if (event.last_affected !== undefined) {
          inside &&= compare(version, event.last_affected) <= 0;
        }
      }
      return inside;
    });
}

function* advisoryFiles(directory) {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith('.json')) {
      yield join(entry.parentPath ?? entry.path, entry.name);
    }
  }
}

function fromDirectory(directory, packages) {
  const byName = group(packages, keyOf);
  const found = [];
  let read = 0;
  for (const file of advisoryFiles(directory)) {
    const advisory = JSON.parse(readFileSync(file, 'utf8'));
    read++;
    if (advisory.withdrawn) {
      continue;
    }
    for (const affected of advisory.affected ?? []) {
      for (const each of byName.get(`${affected.package?.ecosystem}:${affected.package?.name}`) ?? []) {
        if (isAffected(affected, each.version)) {
          found.push({ ...each, id: advisory.id, aliases: advisory.aliases ?? [] });
        }
      }
    }
  }
  if (read === 0) {
    fail(2, `${directory} holds no advisories (*.json); unpack OSV's all.zip for Maven and npm there`);
  }
  return found;
}

async function fromServer(server, packages) {
  const found = [];
  for (let at = 0; at < packages.length; at += QUERIES_PER_REQUEST) {
    const asked = packages.slice(at, at + QUERIES_PER_REQUEST);
    const queries = asked.map(({ name, ecosystem, version }) => ({ version, package: { name, ecosystem } }));
    let answer;
    try {
      const response = await fetch(`${server}/v1/querybatch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ queries }),
        signal: AbortSignal.timeout(REQUEST_SECONDS * 1000),
      });
      if (!response.ok) {
        throw new Error(`status ${response.status}`);
      }
      answer = await response.json();
    } catch (error) {
      fail(
        3,
        `NOT CHECKED: ${server} did not answer (${error.cause?.code ?? error.message}); ` +
          'set HOLDFAST_ADVISORIES to a directory of OSV records to check without a network',
      );
    }
    if (answer.results?.length !== asked.length) {
      fail(3, `NOT CHECKED: ${server} answered ${answer.results?.length} of ${asked.length} queries`);
    }
    answer.results.forEach((result, index) => {
      for (const { id } of result.vulns ?? []) {
        found.push({ ...asked[index], id, aliases: [] });
      }
    });
  }
  return found;
}

function group(values, key) {
  const groups = new Map();
  for (const value of values) {
    groups.set(key(value), [...(groups.get(key(value)) ?? []), value]);
  }
  return groups;
}

const keyOf = ({ ecosystem, name }) => `${ecosystem}:${name}`;

if (!existsSync(bomFile)) {
  fail(2, `${bomFile} does not exist; build it with: mvn -q -DskipTests -pl packaging/dist -am package`);
}
const packages = JSON.parse(readFileSync(bomFile, 'utf8'))
  .components.filter((component) => component.purl && component.group !== 'dev.holdfast')
  .map(({ purl, group: space, name, version }) =>
    purl.startsWith('pkg:npm/')
      ? { ecosystem: 'npm', name: space ? `${space}/${name}` : name, version }
      : { ecosystem: 'Maven', name: `${space}:${name}`, version },
  );

const directory = process.env.HOLDFAST_ADVISORIES;
const found = directory
  ? fromDirectory(directory, packages)
  : await fromServer(process.env.HOLDFAST_OSV ?? 'https://api.osv.dev', packages);
const known = accepted();
let open = 0;
for (const { id, aliases, name, version } of found) {
  const reason = [id, ...aliases].map((each) => known.get(each)).find(Boolean);
  open += reason ? 0 : 1;
  console.log(
    `${reason ? 'accepted' : 'ADVISORY'} ${id} ${[...aliases, ''].join(' ')}${name} ${version}${reason ? `: ${reason}` : ''}`,
  );
}
console.log(`advisories: ${packages.length} components checked, ${open} with an advisory that is not accepted`);
process.exit(open > 0 ? 1 : 0);
