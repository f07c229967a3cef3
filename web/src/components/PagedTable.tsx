import { type ReactNode, useCallback } from 'react';
import { Failure, isShown, Stale, Waiting } from './basics';
import type { Rows } from './SmallTable';
import { VirtualTable } from './VirtualTable';

/** A paged list, as returned by useInfiniteQuery. */
type Paged = {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  data: unknown;
  dataUpdatedAt: number;
  refetch: () => unknown;
  hasNextPage: boolean;
  fetchNextPage: () => unknown;
  isFetchingNextPage: boolean;
};

/** A table of a paged list. It loads further pages while the user scrolls and shows `empty` if there are no rows. */
export function PagedTable<T>({
  query,
  empty,
  ...table
}: Rows<T> & { query: Paged; empty?: ReactNode; height?: string }) {
  const { fetchNextPage } = query;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  if (query.isPending) {
    return <Waiting />;
  }
  if (query.isError && !isShown(query)) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  if (empty && table.rows.length === 0) {
    return empty;
  }
  return (
    <>
      <Stale query={query} />
      <VirtualTable {...table} more={query.hasNextPage} loadMore={more} loading={query.isFetchingNextPage} />
    </>
  );
}
