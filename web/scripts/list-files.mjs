// The appliance serves what this list names, and nothing else.
import { readdirSync, writeFileSync } from 'node:fs';

const root = 'target/classes/dev/holdfast/console';
const names = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((each) => each.isFile() && each.name !== 'files.txt')
  .map((each) => `${each.parentPath}/${each.name}`.slice(root.length + 1))
  .sort();
writeFileSync(`${root}/files.txt`, `${names.join('\n')}\n`);
