import { useSyncExternalStore } from 'react';

/**
 * Whether the appliance answers. A request without an answer begins a series of probes with growing pauses; the first
 * answer, to whatever request, ends it.
 */
const PROBE_MILLIS = 5000;
const PAUSES_SECONDS = [1, 2, 4, 8, 15];

let since: number | null = null;
let probing = false;
const listeners = new Set<() => void>();
let waiting: (() => void)[] = [];

function set(to: number | null) {
  if (since !== to) {
    since = to;
    for (const each of listeners) {
      each();
    }
  }
}

/** A pause with random length, so that many consoles do not return at the same moment. */
export function pauseMillis(attempt: number, seconds: readonly number[]): number {
  const most = (seconds[Math.min(attempt, seconds.length - 1)] ?? 1) * 1000;
  return most * (0.5 + Math.random() / 2);
}

/** Whether a response comes from the appliance, not from a proxy that cannot reach it. */
export function isAnswer(response: Response): boolean {
  return (
    ![502, 503, 504].includes(response.status) ||
    (response.headers.get('Content-Type') ?? '').startsWith('application/problem+json')
  );
}

/** Records that the appliance answered. */
export function answered() {
  set(null);
  const ready = waiting;
  waiting = [];
  for (const each of ready) {
    each();
  }
}

async function probe(): Promise<boolean> {
  try {
    // A probe is nothing that the user did: it must not keep the session alive.
    const response = await fetch('/api/v1/session', {
      headers: { 'X-Background': '1' },
      cache: 'no-store',
      signal: AbortSignal.timeout(PROBE_MILLIS),
    });
    return isAnswer(response);
  } catch {
    return false;
  }
}

/** Records that a request got no answer. A single lost request is not shown: the first probe decides. */
export async function unanswered() {
  if (probing) {
    return;
  }
  probing = true;
  const began = Date.now();
  for (let attempt = 0; !(await probe()); attempt++) {
    set(since ?? began);
    await new Promise((next) => setTimeout(next, pauseMillis(attempt, PAUSES_SECONDS)));
  }
  probing = false;
  answered();
}

/** Resolves once the appliance answers. */
export function reachable(): Promise<void> {
  return new Promise((ready) => {
    waiting.push(ready);
    void unanswered();
  });
}

/** Since when the appliance has not answered, in milliseconds since 1970; null if it answers. */
export function useUnreachableSince(): number | null {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => since,
  );
}
