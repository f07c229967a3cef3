import { Label } from '@patternfly/react-core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, client } from '../api/client';
import type { Event } from '../api/types';
import { ActionButton } from '../components/actions';
import { Nothing, Page } from '../components/basics';
import { type Bulk, BulkBar } from '../components/bulk';
import { type Column, useSorting } from '../components/columns';
import { type Filter, FilterBar } from '../components/FilterBar';
import { PagedTable } from '../components/PagedTable';
import { useChosen } from '../components/selection';
import { useMay, useSession } from '../components/session';
import { Time } from '../components/Time';
import { msg, useWords, words } from '../i18n';
import { useAddress } from '../lib/address';
import { sinceMoment } from '../lib/filters';
import { tagsOf } from '../lib/tags';

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
    t('Not yet')
  );
}

function useEvents(filter: Record<string, string>) {
  const cursor = filter.order === 'oldest' ? 'after' : 'before';
  return useInfiniteQuery({
    queryKey: ['get', '/events', filter],
    initialPageParam: 0,
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/events', {
        params: { query: { ...filter, limit: '200', ...(pageParam ? { [cursor]: String(pageParam) } : {}) } },
      });
      return data ?? { events: [], next: 0 };
    },
    getNextPageParam: (last) => last.next || undefined,
  });
}

const NAMES = ['text', 'severity', 'node', 'tag'];

function useFilters(): Filter[] {
  const { t } = useTranslation();
  const nodes = api.useQuery('get', '/nodes').data?.nodes ?? [];
  const named = (names: string[]) => names.map((name) => [name, name] as const);
  return [
    { name: 'text', kind: 'text', label: t('Find events') },
    {
      name: 'severity',
      kind: 'choice',
      label: t('Severity'),
      none: t('All severities'),
      options: Object.entries(SEVERITIES).map(([severity, { text }]) => [severity.toLowerCase(), t(text)]),
    },
    {
      name: 'node',
      kind: 'choice',
      label: t('Node'),
      none: t('All nodes'),
      options: named(nodes.map((each) => each.name)),
    },
    { name: 'tag', kind: 'choice', label: t('Tag'), none: t('All tags'), options: named(tagsOf(nodes)) },
    { name: 'since', kind: 'since', label: t('Time') },
    {
      name: 'all',
      kind: 'choice',
      label: t('Acknowledged'),
      none: t('Not acknowledged'),
      options: [['1', t('Include acknowledged')]],
    },
  ];
}

function useColumns(): Column<Event>[] {
  const { t } = useTranslation();
  const words = useWords();
  return [
    { title: t('Severity'), width: '6rem', cell: (event) => <Severity event={event} /> },
    { title: t('Time'), width: '8rem', id: 'time', cell: (event) => <Time at={event.at} /> },
    {
      title: t('Node'),
      width: '6rem',
      cell: (event) => (event.node ? <Link to={`/nodes/${event.node}`}>{event.node}</Link> : t('Appliance')),
    },
    {
      title: t('Message'),
      rest: 'wrap',
      cell: (event) =>
        event.kind === 'brake' ? (
          <>
            {words(event.message, event.phrase)} <Link to={`/attack?node=${event.node}`}>{t('Keep or release')}</Link>
          </>
        ) : (
          words(event.message, event.phrase)
        ),
    },
    { title: t('Acknowledged'), width: '8rem', cell: (event) => <Known event={event} /> },
  ];
}

function useBulks(): Bulk<Event>[] {
  const { t } = useTranslation();
  const may = useMay();
  const session = useSession();
  return may('PROTECT') && !session.readOnly
    ? [
        {
          text: t('Acknowledge events'),
          explain: t('The events are no longer shown as open. Their causes remain.'),
          leftOut: (event) => (event.acknowledged ? t('is already acknowledged') : ''),
          run: (event) => client.POST('/events/{id}/acknowledge', { params: { path: { id: String(event.id) } } }),
        },
      ]
    : [];
}

/** By which an event is told from others in a list of outcomes. */
const nameOf = (event: Event) =>
  `#${event.id} ${event.node} ${words(event.message, event.phrase).slice(0, 60)}`.replaceAll('  ', ' ');

export default function Events() {
  const { t } = useTranslation();
  const address = useAddress();
  const columns = useColumns();
  const filters = useFilters();
  const bulks = useBulks();
  const sorting = useSorting({ by: 'time', down: true });
  const span = address.get('since') ?? '';
  const since = useMemo(() => sinceMoment(span), [span]);
  const filter = Object.fromEntries(
    [
      ...NAMES.map((name) => [name, address.get(name) ?? '']),
      ['open', address.get('all') === '1' ? '' : 'true'],
      ['since', since],
      ['order', sorting.sort?.down ? '' : 'oldest'],
    ].filter(([, value]) => value),
  );
  const query = useEvents(filter);
  const rows = query.data?.pages.flatMap((page) => page.events) ?? [];
  const chosen = useChosen(rows, (event) => event.id, nameOf);
  return (
    <Page
      title={t('Events')}
      intro={t('Conditions that need attention. Alerts are also sent by mail and webhook if configured.')}
    >
      <div className="hf-stack">
        <FilterBar
          page="events"
          filters={filters}
          columns={columns}
          sorting={sorting}
          exported={{ href: `/api/v1/events.csv?${new URLSearchParams(filter)}` }}
        />
        <BulkBar chosen={chosen} total={rows.length} nameOf={nameOf} bulks={bulks} />
        <PagedTable
          query={query}
          label={t('Events')}
          rows={rows}
          rowKey={(event) => event.id}
          sorting={sorting}
          empty={<Nothing title={t('No events')}>{t('No condition needs attention.')}</Nothing>}
          columns={bulks.length > 0 ? [chosen.column, ...columns] : columns}
        />
      </div>
    </Page>
  );
}
