// The bill of materials of the installable tree: Maven's (target/bom.json) and the console's npm packages in one
// CycloneDX document, with the hashes of the files as they are shipped.
// Usage: node sbom.mjs TARGET WEB
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [target, web] = process.argv.slice(2);
const lib = join(target, 'holdfast/lib');
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));

const bom = json(join(target, 'bom.json'));

// Name of the file that Maven copies for a component: pkg:maven/group/artifact@version?classifier=c&type=jar.
function fileName(component) {
  const classifier = new URLSearchParams(component.purl.split('?')[1]).get('classifier');
  return `${component.name}-${component.version}${classifier ? `-${classifier}` : ''}.jar`;
}

const jars = new Set(readdirSync(lib));
for (const component of bom.components) {
  const file = fileName(component);
  if (!jars.delete(file)) {
    throw new Error(`target/bom.json lists ${component.purl}, but lib/${file} is missing`);
  }
  // Some jars are repacked for the tree, without signatures or without other platforms' native libraries.
  const shipped = createHash('sha256')
    .update(readFileSync(join(lib, file)))
    .digest('hex');
  const released = component.hashes?.find((hash) => hash.alg === 'SHA-256')?.content;
  component.properties = [...(component.properties ?? []), { name: 'holdfast:file', value: `lib/${file}` }];
  if (shipped !== released) {
    component.properties.push({ name: 'holdfast:repacked-from-sha256', value: released });
    component.hashes = [{ alg: 'SHA-256', content: shipped }];
  }
}
if (jars.size > 0) {
  throw new Error(`not in target/bom.json: ${[...jars].join(', ')}`);
}

// The reference implementation of BLAKE3, where the build had a compiler for it.
const native = join(target, '../../../client/protocol/target/native');
if (existsSync(join(target, 'holdfast/native/libblake3.so.0'))) {
  const version = readFileSync(join(native, 'libblake3.version'), 'utf8').trim();
  const shipped = createHash('sha256')
    .update(readFileSync(join(target, 'holdfast/native/libblake3.so.0')))
    .digest('hex');
  const purl = `pkg:cargo/blake3@${version}`;
  bom.components.push({
    type: 'library',
    'bom-ref': purl,
    name: 'blake3',
    version,
    hashes: [{ alg: 'SHA-256', content: shipped }],
    licenses: [{ expression: 'CC0-1.0 OR Apache-2.0' }],
    purl,
    properties: [{ name: 'holdfast:native-file', value: 'native/libblake3.so.0' }],
  });
}

// The bundler puts the console's packages into holdfast-web's jar. The lock file is their list: npm sbom leaves out
// what the build's own tools use too.
const lock = json(join(web, 'package-lock.json')).packages;
const nameOf = (path) => path.replace(/^.*node_modules\//, '');
const purlOf = (path) => `pkg:npm/${nameOf(path).replace('@', '%40')}@${lock[path].version}`;

// Where Node finds a dependency: in the package's own node_modules, else in that of a directory above.
function resolved(path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const candidate = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (lock[candidate]) {
      return candidate;
    }
    if (at === '') {
      return undefined;
    }
  }
}

const refs = new Map([['', bom.components.find((component) => component.name === 'holdfast-web')['bom-ref']]]);
for (const [path, { version, license, integrity, dev, devOptional }] of Object.entries(lock)) {
  if (path === '' || dev || devOptional) {
    continue;
  }
  const [algorithm, value] = integrity.split('-');
  const purl = purlOf(path);
  const known = [...refs.values()].includes(purl);
  refs.set(path, purl);
  if (!known) {
    bom.components.push({
      type: 'library',
      'bom-ref': purl,
      name: nameOf(path),
      version,
      hashes: [{ alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(value, 'base64').toString('hex') }],
      licenses: license ? [{ expression: license }] : [],
      purl,
    });
  }
}
const edges = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, new Set(dependsOn)]));
for (const [path, ref] of refs) {
  const to = edges.get(ref) ?? new Set();
  edges.set(ref, to);
  for (const name of Object.keys({ ...lock[path].dependencies, ...lock[path].optionalDependencies })) {
    const found = refs.get(resolved(path, name));
    if (found) {
      to.add(found);
    }
  }
}
bom.dependencies = [...edges].map(([ref, dependsOn]) => ({ ref, dependsOn: [...dependsOn] }));

mkdirSync(join(target, 'holdfast/sbom'), { recursive: true });
writeFileSync(join(target, 'holdfast/sbom/holdfast.cdx.json'), `${JSON.stringify(bom, null, 1)}\n`);
