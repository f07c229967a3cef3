import { Alert, Button } from '@patternfly/react-core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { client } from '../../api/client';
import type { Version } from '../../api/types';
import { Nothing } from '../../components/basics';
import { PagedTable } from '../../components/PagedTable';
import { Time } from '../../components/Time';
import { bytes } from '../../lib/format';
import { Kind } from './Files';

/** Returns each version once, in its newest snapshot. */
function distinct(versions: Version[]): Version[] {
  const seen = new Set<string>();
  return versions.filter((each) => {
    const key = `${each.entry.path} ${each.entry.kind} ${each.entry.size} ${each.entry.modified}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

/** Searches all snapshots of a node by file name. */
export function Search({ node, name, show }: { node: string; name: string; show: (version: Version) => void }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: ['search', node, name],
    initialPageParam: '',
    staleTime: 60_000,
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/search', {
        params: { query: { node, name, limit: '200', ...(pageParam ? { after: pageParam } : {}) } },
      });
      return data ?? { versions: [], next: '', unreadable: 0 };
    },
    getNextPageParam: (last) => last.next || undefined,
  });
  const unreadable = query.data?.pages.reduce((sum, page) => sum + page.unreadable, 0) ?? 0;
  return (
    <div className="hf-stack">
      <PagedTable
        // Each page searches many snapshots, so the next one is loaded only by the button.
        query={{ ...query, hasNextPage: false }}
        label={t('Versions found')}
        height="50vh"
        rows={distinct(query.data?.pages.flatMap((page) => page.versions) ?? [])}
        rowKey={(each) => `${each.snapshot} ${each.entry.path}`}
        empty={<Nothing title={t('No files match this name')} />}
        columns={[
          {
            title: t('Name'),
            rest: 'cut',
            cell: (each) => (
              <span className="hf-name">
                <Kind entry={each.entry} />
                <Button variant="link" isInline onClick={() => show(each)}>
                  {each.entry.path}
                </Button>
              </span>
            ),
          },
          { title: t('Size'), width: '6rem', cell: (each) => bytes(each.entry.size) },
          { title: t('Modified'), width: '9rem', cell: (each) => <Time exact at={each.entry.modified} /> },
          { title: t('Latest snapshot'), width: '9rem', cell: (each) => <Time exact at={each.taken} /> },
        ]}
      />
      {unreadable > 0 ? (
        <Alert
          isInline
          variant="warning"
          component="h3"
          title={t('{{count}} snapshots could not be searched: their lists of files are damaged', {
            count: unreadable,
          })}
          actionLinks={<Link to="/damage">{t('Show damaged files')}</Link>}
        />
      ) : null}
      {query.hasNextPage ? (
        <div>
          <Button variant="secondary" isLoading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('Search older snapshots')}
          </Button>
        </div>
      ) : null}
    </div>
  );
}
