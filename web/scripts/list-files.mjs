// The appliance serves what this list names, and nothing else; what compresses lies beside it compressed.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const root = 'target/classes/dev/holdfast/console';
const names = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((each) => each.isFile() && !/files\.txt$|\.br$|\.gz$/.test(each.name))
  .map((each) => `${each.parentPath}/${each.name}`.slice(root.length + 1))
  .sort();
for (const name of names) {
  for (const [end, compress] of [
    ['br', brotliCompressSync],
    ['gz', (bytes) => gzipSync(bytes, { level: 9 })],
  ]) {
    const plain = readFileSync(`${root}/${name}`);
    const packed = compress(plain);
    if (packed.length < plain.length * 0.95) {
      writeFileSync(`${root}/${name}.${end}`, packed);
    } else {
      rmSync(`${root}/${name}.${end}`, { force: true });
    }
  }
}
writeFileSync(`${root}/files.txt`, `${names.join('\n')}\n`);
