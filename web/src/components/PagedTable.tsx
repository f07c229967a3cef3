import { type ReactNode, useCallback } from 'react';
import { Failure, Waiting } from './basics';
import type { Rows } from './SmallTable';
import { VirtualTable } from './VirtualTable';

/** A list that the appliance hands out page by page, as useInfiniteQuery has it. */
type Paged = {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  refetch: () => unknown;
  hasNextPage: boolean;
  fetchNextPage: () => unknown;
  isFetchingNextPage: boolean;
};

/** A table of any length, which asks for further pages as its end comes near. `empty` is shown when there is no row. */
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
  if (query.isError) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  if (empty && table.rows.length === 0) {
    return empty;
  }
  return <VirtualTable {...table} more={query.hasNextPage} loadMore={more} loading={query.isFetchingNextPage} />;
}
