import type { QueryClient } from '@tanstack/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Task } from './types';

/** The API paths to reload when the appliance reports a change of a topic. */
const AFFECTED: Record<string, string[]> = {
  nodes: ['/nodes', '/nodes/{name}', '/nodes/{name}/upgrade', '/overview'],
  events: ['/events', '/damage', '/nodes', '/nodes/{name}', '/overview'],
  snapshots: ['/snapshots', '/damage', '/nodes', '/nodes/{name}', '/overview', '/storage'],
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
    '/storage',
  ],
};
const SETTLE_MILLIS = 1500;

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

/** Subscribes to the appliance's events and updates the cache. Returns whether the stream is connected. */
export function useLive(): boolean {
  const queries = useQueryClient();
  const [heard, setHeard] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stale = new Set<string>();
    const invalidate = (topic: string) => {
      for (const path of AFFECTED[topic] ?? []) {
        stale.add(path);
      }
      // Collects frequent changes, so that each path is reloaded at most once per interval.
      timer ??= setTimeout(() => {
        timer = undefined;
        const paths = new Set(stale);
        stale.clear();
        void queries.invalidateQueries({ predicate: (query) => paths.has(String(query.queryKey[1])) });
        if (paths.has('/tasks')) {
          void queries.invalidateQueries({ queryKey: ['tasks'] });
        }
      }, SETTLE_MILLIS);
    };
    let source: EventSource | undefined;
    const listen = () => {
      const stream = new EventSource('/api/v1/live');
      stream.onopen = () => {
        setHeard(true);
        // Changes may have been missed while disconnected.
        Object.keys(AFFECTED).forEach(invalidate);
      };
      stream.onerror = () => setHeard(false);
      stream.addEventListener('task', (event) => {
        const tasks = JSON.parse((event as MessageEvent<string>).data) as Task[];
        const strange = merge(queries, tasks);
        void queries.invalidateQueries({
          predicate: (query) =>
            query.queryKey[1] === '/tasks/{id}' &&
            tasks.some((task) => JSON.stringify(query.queryKey[2]).includes(`"${task.id}"`)),
        });
        if (strange || tasks.some((task) => task.finishedAt)) {
          invalidate('tasks');
        }
      });
      stream.addEventListener('changed', (event) => {
        for (const topic of JSON.parse((event as MessageEvent<string>).data) as string[]) {
          invalidate(topic);
        }
      });
      source = stream;
    };
    // Browsers limit connections per host, so hidden pages release theirs.
    const seen = () => {
      source?.close();
      source = undefined;
      if (document.hidden) {
        setHeard(false);
      } else {
        listen();
      }
    };
    seen();
    document.addEventListener('visibilitychange', seen);
    return () => {
      document.removeEventListener('visibilitychange', seen);
      source?.close();
      clearTimeout(timer);
    };
  }, [queries]);
  return heard;
}
