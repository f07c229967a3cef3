import type { Need } from '../api/types';

type Known = Pick<Need, 'kind' | 'severity' | 'node' | 'plan' | 'event' | 'since'>;

const MOST = 1000;
const place = (user: string) => `holdfast.seen.${user}`;

/** By what a need is known again. One that ended and begins anew, or became worse, is another. */
export const mark = ({ kind, severity, node, plan, event, since }: Known) =>
  [kind, severity, node, plan, event, since ?? ''].join('|');

/** What a user has seen, by its marks. It is kept in this browser. */
export function seenBy(user: string): ReadonlySet<string> {
  try {
    return new Set(JSON.parse(localStorage.getItem(place(user)) ?? '[]') as string[]);
  } catch {
    // Not readable: of another version of the console.
    return new Set();
  }
}

/** Marks all needs as seen. What is over is forgotten. */
export function markSeen(user: string, needs: readonly Known[]): ReadonlySet<string> {
  const marks = needs.slice(0, MOST).map(mark);
  localStorage.setItem(place(user), JSON.stringify(marks));
  return new Set(marks);
}
