import { useInfiniteQuery } from '@tanstack/react-query';
import { client } from './client';

/** The snapshots of a node, newest first, as a paged list. */
export function useSnapshots(node: string) {
  return useInfiniteQuery({
    queryKey: ['get', '/snapshots', node],
    initialPageParam: '',
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/snapshots', {
        params: { query: { node, limit: '200', ...(pageParam ? { before: pageParam } : {}) } },
      });
      return data ?? { snapshots: [], next: null };
    },
    getNextPageParam: (last) => last.next || undefined,
  });
}
