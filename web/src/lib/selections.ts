import { useSyncExternalStore } from 'react';
import type { Entry } from '../api/types';

/** The selected entries of a snapshot, by path. */
export type Choice = ReadonlyMap<string, Entry>;

/** Selections outlive their page, up to this many snapshots, until the tab is closed or the user signs out. */
const MOST_SNAPSHOTS = 20;
const KEPT = 'holdfast.selections';
const NONE: Choice = new Map();

const listeners = new Set<() => void>();
let selections = kept();

function kept(): Map<string, Choice> {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT) ?? '[]') as [string, Entry[]][];
    return new Map(found.map(([snapshot, entries]) => [snapshot, new Map(entries.map((each) => [each.path, each]))]));
  } catch {
    // Not readable: of another version of the console.
    return new Map();
  }
}

function change(to: Map<string, Choice>) {
  selections = to;
  for (const each of listeners) {
    each();
  }
  try {
    const list = [...to].map(([snapshot, choice]) => [snapshot, [...choice.values()]]);
    sessionStorage.setItem(KEPT, JSON.stringify(list));
  } catch {
    // Larger than the browser stores: it is kept until the page is reloaded.
    sessionStorage.removeItem(KEPT);
  }
}

/** Sets the selection of a snapshot. */
export function select(snapshot: string, choice: Choice) {
  const next = new Map(selections);
  next.delete(snapshot);
  if (choice.size > 0) {
    next.set(snapshot, choice);
  }
  change(new Map([...next].slice(-MOST_SNAPSHOTS)));
}

/** Forgets all selections: they contain names of files, which the next user may not see. */
export function forgetSelections() {
  change(new Map());
}

export function selectionOf(snapshot: string): Choice {
  return selections.get(snapshot) ?? NONE;
}

/** The selection of a snapshot, which other pages and a reload keep. */
export function useSelection(snapshot: string): Choice {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => selectionOf(snapshot),
  );
}
