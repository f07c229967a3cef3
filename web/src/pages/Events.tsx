import { Label } from '@patternfly/react-core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { client } from '../api/client';
import type { Event } from '../api/types';
import { ActionButton } from '../components/actions';
import { Nothing, Page } from '../components/basics';
import { CheckField } from '../components/fields';
import { PagedTable } from '../components/PagedTable';
import { useMay } from '../components/session';
import { Time } from '../components/Time';
import { msg } from '../i18n';

const SEVERITIES: Record<Event['severity'], { text: string; status: 'danger' | 'warning' | 'info' }> = {
  ALERT: { text: msg('Alert'), status: 'danger' },
  WARNING: { text: msg('Warning'), status: 'warning' },
  INFO: { text: msg('Note'), status: 'info' },
};

function Severity({ event }: { event: Event }) {
  const { t } = useTranslation();
  const { text, status } = SEVERITIES[event.severity];
  return (
    <Label isCompact status={status}>
      {t(text)}
    </Label>
  );
}

function Known({ event }: { event: Event }) {
  const { t } = useTranslation();
  const may = useMay();
  if (event.acknowledged) {
    return <Time at={event.acknowledged} />;
  }
  return may('PROTECT') ? (
    <ActionButton
      size="sm"
      variant="secondary"
      run={() => client.POST('/events/{id}/acknowledge', { params: { path: { id: String(event.id) } } })}
      success={t('The event was acknowledged')}
    >
      {t('Acknowledge')}
    </ActionButton>
  ) : (
    t('not yet')
  );
}

function useEvents(open: boolean) {
  return useInfiniteQuery({
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
}

export default function Events() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const open = search.get('all') !== '1';
  const query = useEvents(open);
  return (
    <Page
      title={t('Events')}
      intro={t('Conditions that need attention. Alerts are also sent by mail and webhook if configured.')}
    >
      <div className="hf-stack">
        <CheckField
          label={t('Show acknowledged events')}
          value={!open}
          onChange={(all) => setSearch(all ? { all: '1' } : {}, { replace: true })}
        />
        <PagedTable
          query={query}
          label={t('Events')}
          rows={query.data?.pages.flatMap((page) => page.events) ?? []}
          rowKey={(event) => event.id}
          empty={<Nothing title={t('No events')}>{t('No condition needs attention.')}</Nothing>}
          columns={[
            { title: t('Severity'), width: '6rem', cell: (event) => <Severity event={event} /> },
            { title: t('Time'), width: '8rem', cell: (event) => <Time at={event.at} /> },
            {
              title: t('Node'),
              width: '6rem',
              cell: (event) => (event.node ? <Link to={`/nodes/${event.node}`}>{event.node}</Link> : t('appliance')),
            },
            { title: t('Message'), rest: 'wrap', cell: (event) => event.message },
            { title: t('Acknowledged'), width: '8rem', cell: (event) => <Known event={event} /> },
          ]}
        />
      </div>
    </Page>
  );
}
