import { useSyncExternalStore } from 'react';
import type { Entry } from '../api/types';
import { isWithin } from './folders';
import { keeping, kept } from './kept';

/** A selected file or directory, as it was in a snapshot. */
export type Item = { entry: Entry; snapshot: string; taken: string };

/** The selected items, in the order of selection. No item lies inside another. */
export type Basket = readonly Item[];

/** As many paths of a snapshot as the appliance takes for one restore. */
export const MOST_ITEMS = 1000;
const MOST_NODES = 20;
const NAME = 'holdfast.baskets';
const NONE: Basket = [];

const listeners = new Set<() => void>();
let baskets = new Map(kept<[string, Item[]][]>(NAME, []));

function change(next: Map<string, Item[]>) {
  baskets = next;
  keeping(NAME, [...next]);
  for (const each of listeners) {
    each();
  }
}

export const isInside = (path: string, directory: string) => path !== directory && isWithin(path, directory);

/** The item that a path lies inside of. */
export const around = (basket: Basket, path: string) => basket.find((each) => isInside(path, each.entry.path));

/** Adds items: one takes the place of an older version of it, and of what lies inside of it. */
export function withItems(basket: Basket, added: Item[]): Item[] {
  const wanted = added.filter((each) => !around(basket, each.entry.path) && !around(added, each.entry.path));
  const paths = new Set(wanted.map((each) => each.entry.path));
  const others = basket.filter(
    (each) => !paths.has(each.entry.path) && !wanted.some((one) => isInside(each.entry.path, one.entry.path)),
  );
  return [...others, ...wanted];
}

/** The items by snapshot, since a restore or a download takes those of one snapshot. */
export function bySnapshot(basket: Basket): { snapshot: string; taken: string; paths: string[] }[] {
  const groups = new Map<string, { snapshot: string; taken: string; paths: string[] }>();
  for (const { snapshot, taken, entry } of basket) {
    const group = groups.get(snapshot) ?? { snapshot, taken, paths: [] };
    group.paths.push(entry.path);
    groups.set(snapshot, group);
  }
  return [...groups.values()];
}

/** Keeps the basket of a node, until the tab is closed or the user signs out. */
export function setBasket(node: string, basket: Basket) {
  const next = new Map(baskets);
  next.delete(node);
  if (basket.length > 0) {
    next.set(node, [...basket]);
  }
  change(new Map([...next].slice(-MOST_NODES)));
}

export const basketOf = (node: string): Basket => baskets.get(node) ?? NONE;

/** Forgets all baskets: they contain names of files, which the next user may not see. */
export function forgetBaskets() {
  change(new Map());
}

/** The basket of a node, which other pages, other points in time and a reload keep. */
export function useBasket(node: string): Basket {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => basketOf(node),
  );
}
