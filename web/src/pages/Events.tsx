import { Button, Checkbox, Label } from '@patternfly/react-core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { client } from '../api/client';
import { useActs } from '../components/acts';
import { Failure, Nothing, Page, Time, Waiting } from '../components/basics';
import { useMay } from '../components/session';
import { VirtualTable } from '../components/VirtualTable';

export default function Events() {
  const { t } = useTranslation();
  const may = useMay();
  const { act } = useActs();
  const [search, setSearch] = useSearchParams();
  const open = search.get('all') !== '1';
  const query = useInfiniteQuery({
    queryKey: ['get', '/events', open],
    initialPageParam: 0,
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/events', {
        params: { query: { open: String(open), limit: '200', ...(pageParam ? { before: String(pageParam) } : {}) } },
      });
      return data ?? { events: [], next: 0 };
    },
    getNextPageParam: (last) => last.next || undefined,
  });
  const { fetchNextPage } = query;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const rows = query.data?.pages.flatMap((page) => page.events) ?? [];
  return (
    <Page
      title={t('Events')}
      intro={t('What somebody should know of. Alerts go to mail and webhooks too, where those are set.')}
    >
      <div className="hf-stack">
        <Checkbox
          id="all"
          label={t('Show those that somebody knows of too')}
          isChecked={!open}
          onChange={(_, checked) => setSearch(checked ? { all: '1' } : {}, { replace: true })}
        />
        {query.isPending ? <Waiting /> : null}
        {query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : null}
        {query.data && rows.length === 0 ? (
          <Nothing title={t('Nothing to tell')}>{t('No news is good news here.')}</Nothing>
        ) : null}
        {rows.length > 0 ? (
          <VirtualTable
            label={t('Events')}
            rows={rows}
            rowKey={(event) => event.id}
            more={query.hasNextPage}
            loadMore={more}
            loading={query.isFetchingNextPage}
            columns={[
              {
                title: t('Severity'),
                width: '7rem',
                cell: (event) => (
                  <Label
                    isCompact
                    status={event.severity === 'ALERT' ? 'danger' : event.severity === 'WARNING' ? 'warning' : 'info'}
                  >
                    {event.severity === 'ALERT' ? t('Alert') : event.severity === 'WARNING' ? t('Warning') : t('Note')}
                  </Label>
                ),
              },
              { title: t('When'), width: '13rem', cell: (event) => <Time at={event.at} /> },
              {
                title: t('Node'),
                width: '9rem',
                cell: (event) => (event.node ? <Link to={`/nodes/${event.node}`}>{event.node}</Link> : t('appliance')),
              },
              { title: t('What'), cell: (event) => event.message },
              {
                title: t('Known'),
                width: '11rem',
                cell: (event) =>
                  event.acknowledged ? (
                    <Time at={event.acknowledged} />
                  ) : may('PROTECT') ? (
                    <Button
                      size="sm"
                      variant="secondary"
                      onClick={() =>
                        void act(
                          () => client.POST('/events/{id}/acknowledge', { params: { path: { id: String(event.id) } } }),
                          t('Noted that you know'),
                        )
                      }
                    >
                      {t('I know')}
                    </Button>
                  ) : (
                    t('not yet')
                  ),
              },
            ]}
          />
        ) : null}
      </div>
    </Page>
  );
}
