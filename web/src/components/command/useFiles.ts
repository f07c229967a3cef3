import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import { useSettled } from '../../lib/settled';
import { useMay } from '../session';
import { type Entry, fileSearch } from './entries';

const PAUSE_MILLIS = 500;
const MOST_OF_NODE = '5';

/** Files in snapshots whose names have the typed text, node by node. */
export function useFiles(typed: string, all: string[]): { files: Entry[]; searching: boolean } {
  const { t } = useTranslation();
  const may = useMay();
  const settled = useSettled(typed, PAUSE_MILLIS);
  const { nodes, name } = fileSearch(settled, all);
  const wanted = may('BROWSE') && nodes.length > 0;
  const query = useQuery({
    queryKey: ['command files', nodes, name],
    enabled: wanted,
    staleTime: 60_000,
    retry: false,
    queryFn: async ({ signal }) => {
      const found: Entry[] = [];
      for (const node of nodes) {
        const { data } = await client.GET('/search', {
          params: { query: { node, name, limit: MOST_OF_NODE } },
          signal,
        });
        const paths = new Set(data?.versions.map((each) => each.entry.path));
        for (const path of paths) {
          const file = path.split('/').at(-1) ?? path;
          found.push({
            key: `file ${node} ${path}`,
            group: t('Files'),
            text: path,
            hint: node,
            to: `/restore?node=${encodeURIComponent(node)}&name=${encodeURIComponent(file)}`,
          });
        }
      }
      return found;
    },
  });
  return { files: (wanted && query.data) || [], searching: wanted && query.isFetching };
}
