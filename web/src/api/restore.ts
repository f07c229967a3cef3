import { useInfiniteQuery } from '@tanstack/react-query';
import { bounds, zone } from '../lib/months';
import { api, client } from './client';

const PAGE = 500;
/** Snapshots that the appliance looks at for one page of versions. */
const LOOKED = 100;

/** The days of a month with snapshots of a node; an empty month is that of the newest snapshot. */
export const useMonth = (node: string, month: string) =>
  api.useQuery(
    'get',
    '/nodes/{name}/restore-points',
    { params: { path: { name: node }, query: { zone: zone(), ...(month ? { month } : {}) } } },
    { enabled: node !== '', placeholderData: (before) => before },
  );

/** The snapshots of a node on a day, the newest first. */
export function useDay(node: string, day: string) {
  return useInfiniteQuery({
    queryKey: ['get', '/snapshots', node, day],
    enabled: node !== '' && day !== '',
    initialPageParam: '',
    queryFn: async ({ pageParam }) => {
      const { since, before } = bounds(day);
      const { data } = await client.GET('/snapshots', {
        params: { query: { node, since, before: pageParam || before, limit: String(PAGE) } },
      });
      return data ?? { snapshots: [], next: null };
    },
    getNextPageParam: (last) => last.next || undefined,
  });
}

/** The entries of a directory of a snapshot. */
export function useFiles(snapshot: string, path: string) {
  return useInfiniteQuery({
    queryKey: ['files', snapshot, path],
    enabled: path !== '',
    initialPageParam: '',
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/snapshots/{id}/files', {
        params: {
          path: { id: snapshot },
          query: { path, limit: String(PAGE), ...(pageParam ? { after: pageParam } : {}) },
        },
      });
      return data ?? { entries: [], next: '' };
    },
    getNextPageParam: (last) => last.next || undefined,
  });
}

/** The versions of a file in the snapshots of a node, the newest first. */
export function useVersions(node: string, path: string) {
  return useInfiniteQuery({
    queryKey: ['versions', node, path],
    initialPageParam: '',
    staleTime: 60_000,
    retry: false,
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/nodes/{name}/versions', {
        params: {
          path: { name: node },
          query: { path, limit: String(LOOKED), ...(pageParam ? { before: pageParam } : {}) },
        },
      });
      return data ?? { versions: [], looked: 0, unreadable: 0, next: null };
    },
    getNextPageParam: (last) => last.next || undefined,
  });
}

const file = (snapshot: string, path: string, what: 'content' | 'picture') =>
  `/api/v1/snapshots/${snapshot}/${what}?${new URLSearchParams({ path })}`;

/** The address of a file's content, for a link with the name to save it as. */
export const contentAddress = (snapshot: string, path: string) => file(snapshot, path, 'content');

export const pictureAddress = (snapshot: string, path: string) => file(snapshot, path, 'picture');
