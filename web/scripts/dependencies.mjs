// npm ci takes half a minute and does nothing new while the lock file is the same.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const marker = 'node_modules/.installed';
const lock = readFileSync('package-lock.json');
const wanted = createHash('sha256').update(lock).digest('hex');

// npm checks a package against the lock file only where the lock file has a hash.
const unchecked = Object.entries(JSON.parse(lock).packages)
  .filter(([path, entry]) => path !== '' && !entry.integrity && !entry.link && !entry.inBundle)
  .map(([path]) => path.replace(/^.*node_modules\//, ''));
if (unchecked.length > 0) {
  console.error(`web/package-lock.json has no integrity hash for: ${unchecked.join(', ')}`);
  console.error('Delete web/package-lock.json and web/node_modules, then run npm install --package-lock-only in web.');
  process.exit(1);
}

if (!existsSync(marker) || readFileSync(marker, 'utf8') !== wanted) {
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: 'inherit' });
  writeFileSync(marker, wanted);
}
