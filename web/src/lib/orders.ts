import { useSyncExternalStore } from 'react';
import { keeping, kept } from './kept';

/** The tasks of restores that were ordered in this tab, the newest first, until the user closes them. */
const MOST = 20;
const NAME = 'holdfast.restores';

const listeners = new Set<() => void>();
let orders: readonly number[] = kept<number[]>(NAME, []);

function change(next: readonly number[]) {
  orders = next.slice(0, MOST);
  keeping(NAME, orders);
  for (const each of listeners) {
    each();
  }
}

export const addOrders = (tasks: number[]) => change([...tasks, ...orders]);

export const closeOrder = (task: number) => change(orders.filter((each) => each !== task));

export const forgetOrders = () => change([]);

export const useOrders = () =>
  useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => orders,
  );
