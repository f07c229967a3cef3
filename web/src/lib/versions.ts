import type { FileVersion } from '../api/types';

/** A version with the number of its content, and whether another version has the same. */
export type Numbered = { version: FileVersion; same: number; shared: boolean };

const alike = (one: FileVersion, other: FileVersion) =>
  one.content === other.content &&
  one.entry?.kind === other.entry?.kind &&
  one.entry?.size === other.entry?.size &&
  one.entry?.modified === other.entry?.modified;

/** Joins the pages of a list of versions: a version at the end of a page may continue on the next. */
export function joined(pages: FileVersion[][]): FileVersion[] {
  const all: FileVersion[] = [];
  for (const version of pages.flat()) {
    const last = all.at(-1);
    if (last && alike(last, version)) {
      all[all.length - 1] = { ...last, since: version.since, snapshots: last.snapshots + version.snapshots };
    } else {
      all.push(version);
    }
  }
  return all;
}

/** Numbers contents in the order of their first appearance. */
export function numbered(versions: FileVersion[]): Numbered[] {
  const numbers = new Map<string, number>();
  const times = new Map<string, number>();
  for (const { content } of versions) {
    if (content && !numbers.has(content)) {
      numbers.set(content, numbers.size + 1);
    }
    times.set(content, (times.get(content) ?? 0) + 1);
  }
  return versions.map((version) => ({
    version,
    same: numbers.get(version.content) ?? 0,
    shared: version.content !== '' && (times.get(version.content) ?? 0) > 1,
  }));
}
