import type { QueryClient } from '@tanstack/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { pauseMillis, unanswered, useUnreachableSince } from './reachable';
import type { Task } from './types';

/** The API paths to reload when the appliance reports a change of a topic. */
const AFFECTED: Record<string, string[]> = {
  nodes: ['/nodes', '/nodes/{name}', '/attacks', '/nodes/{name}/attack', '/nodes/{name}/upgrade', '/overview'],
  events: ['/events', '/attacks', '/nodes/{name}/attack', '/damage', '/nodes', '/nodes/{name}', '/overview'],
  snapshots: [
    '/snapshots',
    '/nodes/{name}/restore-points',
    '/nodes/{name}/attack',
    '/damage',
    '/nodes',
    '/nodes/{name}',
    '/overview',
    '/storage',
  ],
  plans: ['/plans', '/plans/calendar', '/policies', '/nodes', '/overview'],
  vaults: ['/vaults', '/overview'],
  tasks: [
    '/tasks',
    '/damage',
    '/nodes',
    '/nodes/{name}',
    '/nodes/{name}/upgrade',
    '/plans',
    '/overview',
    '/history',
    '/activity',
    '/storage',
  ],
};
const SETTLE_MILLIS = 1500;
const PAUSES_SECONDS = [1, 2, 4, 8, 16, 30];
/** A stream that ends earlier counts as a failed attempt. */
const LASTING_MILLIS = 10_000;
const GRACE_MILLIS = 3000;
const POLL_MILLIS = 15_000;

type TaskPages = { pages: { tasks: Task[]; next: number }[] };

/** Updates changed tasks in the cached lists. Returns whether some tasks are in no list. */
function merge(queries: QueryClient, tasks: Task[]): boolean {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const known = new Set<number>();
  queries.setQueriesData<TaskPages>({ queryKey: ['tasks'] }, (old) =>
    old?.pages
      ? {
          ...old,
          pages: old.pages.map((page) => ({
            ...page,
            tasks: page.tasks.map((task) => {
              known.add(task.id);
              return byId.get(task.id) ?? task;
            }),
          })),
        }
      : old,
  );
  return tasks.some((task) => !known.has(task.id));
}

/** Returns a function that reloads what a change of a topic affects. */
function useInvalidate(): (topic: string) => void {
  const queries = useQueryClient();
  const stale = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return useCallback(
    (topic) => {
      for (const path of AFFECTED[topic] ?? []) {
        stale.current.add(path);
      }
      // Collects frequent changes, so that each path is reloaded at most once per interval.
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        const paths = new Set(stale.current);
        stale.current.clear();
        void queries.invalidateQueries({ predicate: (query) => paths.has(String(query.queryKey[1])) });
        if (paths.has('/tasks')) {
          void queries.invalidateQueries({ queryKey: ['tasks'] });
        }
      }, SETTLE_MILLIS);
    },
    [queries],
  );
}

type Told = {
  opened: () => void;
  lost: () => void;
  tasks: (tasks: Task[]) => void;
  changed: (topics: string[]) => void;
};

/** The event stream of a page. It reconnects with growing pauses, also after a refusal, which ends an EventSource. */
class Stream {
  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;

  constructor(private readonly told: Told) {}

  open() {
    this.close();
    const source = new EventSource('/api/v1/live');
    let opened = Number.POSITIVE_INFINITY;
    source.onopen = () => {
      opened = Date.now();
      this.told.opened();
    };
    source.onerror = () => {
      void unanswered();
      this.#again(Date.now() - opened > LASTING_MILLIS ? 0 : this.#attempt);
    };
    // Returning at once would end the stream of another page in turn.
    source.addEventListener('ended', () => this.#again(PAUSES_SECONDS.length - 1));
    source.addEventListener('task', (event) => this.told.tasks(JSON.parse((event as MessageEvent<string>).data)));
    source.addEventListener('changed', (event) => this.told.changed(JSON.parse((event as MessageEvent<string>).data)));
    this.#source = source;
  }

  #again(attempt: number) {
    this.close();
    this.told.lost();
    this.#attempt = attempt + 1;
    this.#retry = setTimeout(() => this.open(), pauseMillis(attempt, PAUSES_SECONDS));
  }

  /** Opens the stream at once if it is waiting. */
  hurry() {
    if (!this.#source && this.#retry !== undefined) {
      this.open();
    }
  }

  close() {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#source?.close();
    this.#source = undefined;
  }
}

/** `connecting` at the start, `waiting` after a failure. */
export type Line = 'connecting' | 'live' | 'waiting';

/** Subscribes to the appliance's events and updates the cache. While there is no stream, it polls. */
export function useLive(): Line {
  const queries = useQueryClient();
  const invalidate = useInvalidate();
  const unreachable = useUnreachableSince() !== null;
  const [line, setLine] = useState<Line>('connecting');
  const open = useRef<Stream>(undefined);
  useEffect(() => {
    let grace: ReturnType<typeof setTimeout> | undefined;
    const stream = new Stream({
      opened: () => {
        clearTimeout(grace);
        setLine('live');
        // Changes may have been missed while disconnected.
        Object.keys(AFFECTED).forEach(invalidate);
      },
      lost: () => {
        // The appliance ends each stream after some minutes; the next one follows at once.
        clearTimeout(grace);
        grace = setTimeout(() => setLine('waiting'), GRACE_MILLIS);
      },
      tasks: (tasks) => {
        const strange = merge(queries, tasks);
        void queries.invalidateQueries({
          predicate: (query) =>
            query.queryKey[1] === '/tasks/{id}' &&
            tasks.some((task) => JSON.stringify(query.queryKey[2]).includes(`"${task.id}"`)),
        });
        if (strange || tasks.some((task) => task.finishedAt)) {
          invalidate('tasks');
        }
      },
      changed: (topics) => topics.forEach(invalidate),
    });
    open.current = stream;
    // Browsers limit connections per host, so hidden pages release theirs.
    const seen = () => {
      if (document.hidden) {
        stream.close();
        setLine('connecting');
      } else {
        stream.open();
      }
    };
    seen();
    document.addEventListener('visibilitychange', seen);
    return () => {
      document.removeEventListener('visibilitychange', seen);
      clearTimeout(grace);
      stream.close();
    };
  }, [queries, invalidate]);
  useEffect(() => {
    if (!unreachable) {
      open.current?.hurry();
    }
  }, [unreachable]);
  useEffect(() => {
    if (line === 'live' || unreachable) {
      return;
    }
    const timer = setInterval(() => {
      if (!document.hidden) {
        Object.keys(AFFECTED).forEach(invalidate);
      }
    }, POLL_MILLIS);
    return () => clearInterval(timer);
  }, [line, unreachable, invalidate]);
  return line;
}
