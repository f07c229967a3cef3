import { useInfiniteQuery } from '@tanstack/react-query';
import { client } from './client';

/** What is known to be damaged; each page has further files, the first all that counts. */
export function useDamage() {
  return useInfiniteQuery({
    queryKey: ['get', '/damage'],
    initialPageParam: '',
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/damage', {
        params: { query: { limit: '500', ...(pageParam ? { after: pageParam } : {}) } },
      });
      if (!data) {
        throw new Error('no answer');
      }
      return data;
    },
    getNextPageParam: (last) => last.next || undefined,
  });
}
