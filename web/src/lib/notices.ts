import { useSyncExternalStore } from 'react';

/** The outcome of an operation, as it was shown for some seconds. */
export type Notice = { id: number; at: number; variant: 'success' | 'danger'; title: string; detail: string };

const MOST = 30;
const listeners = new Set<() => void>();
let notices: readonly Notice[] = [];
let last = 0;

function change(to: readonly Notice[]) {
  notices = to;
  for (const each of listeners) {
    each();
  }
}

/** Keeps an outcome until the page is reloaded or the user signs out. */
export function note(notice: Omit<Notice, 'id' | 'at'>, at = Date.now()) {
  last++;
  change([{ ...notice, id: last, at }, ...notices].slice(0, MOST));
}

export const forgetNotices = () => change([]);

/** The outcomes of this session, the newest first. */
export function useNotices(): readonly Notice[] {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => notices,
  );
}
