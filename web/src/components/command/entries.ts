import { contains } from '../../lib/filters';

/** Something that can be chosen in the search. */
export type Entry = {
  key: string;
  group: string;
  text: string;
  /** What tells it from others of the same name. */
  hint?: string;
  /** Words by which it is found too. */
  words?: string;
  /** Where it leads; or what it does. */
  to?: string;
  run?: () => unknown;
};

const MOST_OF_GROUP = 6;

/** The entries that have all typed words, those that begin with the text first, a few of each group. */
export function fitting(entries: Entry[], typed: string): Entry[] {
  const words = typed.trim().split(/\s+/);
  const begins = (entry: Entry) => Number(!entry.text.toLowerCase().startsWith(typed.trim().toLowerCase()));
  const counts = new Map<string, number>();
  return entries
    .filter((entry) => words.every((word) => contains(word, entry.text, entry.hint ?? '', entry.words ?? '')))
    .sort((a, b) => begins(a) - begins(b))
    .filter(({ group }) => {
      const count = (counts.get(group) ?? 0) + 1;
      counts.set(group, count);
      return count <= MOST_OF_GROUP;
    });
}

/** Entries by group, in the order of the groups' first entries. */
export function grouped(entries: Entry[]): [group: string, entries: Entry[]][] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  }
  return [...groups];
}

/** The number of a task, where that is what was typed. */
export function taskNumber(typed: string): string {
  return /^#?(\d{1,15})$/.exec(typed.trim())?.[1] ?? '';
}

const FEWEST_CHARACTERS = 3;
const MOST_NODES = 10;

/** In which nodes' snapshots a file is looked for, by which name: "db1 report" looks for "report" in db1 alone. */
export function fileSearch(typed: string, nodes: string[]): { nodes: string[]; name: string } {
  const [first = '', ...rest] = typed.trim().split(/\s+/);
  const only = nodes.find((node) => node.toLowerCase() === first.toLowerCase());
  const name = only ? rest.join(' ') : typed.trim();
  const where = only ? [only] : nodes.length <= MOST_NODES ? nodes : [];
  return name.length < FEWEST_CHARACTERS || /^#\d+$/.test(name) ? { nodes: [], name: '' } : { nodes: where, name };
}
