import { useInfiniteQuery } from '@tanstack/react-query';
import { api, client } from './client';

const PAGE = 500;
const MOST_FOUND = 500;

/** Reading disks starts a machine and may take long: it is not tried again, and not asked for again. */
const ONCE = { retry: false, staleTime: Number.POSITIVE_INFINITY };

/** The file systems on the disks of a snapshot. */
export const useFileSystems = (snapshot: string) =>
  api.useQuery('get', '/snapshots/{id}/file-systems', { params: { path: { id: snapshot } } }, ONCE);

/** The entries of a directory of a file system, or with a name those below it whose names contain that. */
export function useDiskFiles(snapshot: string, fileSystem: string, path: string, name: string) {
  return useInfiniteQuery({
    queryKey: ['disk-files', snapshot, fileSystem, path, name],
    enabled: fileSystem !== '',
    initialPageParam: '',
    ...ONCE,
    queryFn: async ({ pageParam }) => {
      const where = { id: snapshot };
      const query = { 'file-system': fileSystem, path };
      if (name) {
        const { data } = await client.GET('/snapshots/{id}/file-systems/search', {
          params: { path: where, query: { ...query, name, limit: String(MOST_FOUND) } },
        });
        return { entries: data?.entries ?? [], next: '', more: data?.more ?? false };
      }
      const { data } = await client.GET('/snapshots/{id}/file-systems/files', {
        params: { path: where, query: { ...query, limit: String(PAGE), ...(pageParam ? { after: pageParam } : {}) } },
      });
      return { entries: data?.entries ?? [], next: data?.next ?? '', more: false };
    },
    getNextPageParam: (last) => last.next || undefined,
  });
}

/** The address of one file's content, or of an archive of several paths. */
export function diskFilesAddress(
  snapshot: string,
  fileSystem: string,
  paths: string[],
  what: 'content' | 'archive',
): string {
  const query = new URLSearchParams({ 'file-system': fileSystem });
  for (const path of paths) {
    query.append('path', path);
  }
  return `/api/v1/snapshots/${snapshot}/file-systems/${what}?${query}`;
}
