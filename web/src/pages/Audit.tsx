import { Alert, Button } from '@patternfly/react-core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../api/client';
import type { AuditEntry } from '../api/types';
import { Nothing, Page } from '../components/basics';
import { type Column, useSorting } from '../components/columns';
import { FilterBar } from '../components/FilterBar';
import { PagedTable } from '../components/PagedTable';
import { Time } from '../components/Time';
import { useWords } from '../i18n';
import { useAddress } from '../lib/address';
import { operation, outcome } from '../lib/audit';
import { sinceMoment } from '../lib/filters';

function useEntries(filter: Record<string, string>) {
  const cursor = filter.order === 'oldest' ? 'after' : 'before';
  return useInfiniteQuery({
    queryKey: ['audit', filter],
    initialPageParam: 0,
    staleTime: 30_000,
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/audit', {
        params: { query: { ...filter, limit: '500', ...(pageParam ? { [cursor]: String(pageParam) } : {}) } },
      });
      return data?.entries ?? [];
    },
    getNextPageParam: (last) => (last.length < 500 ? undefined : last.at(-1)?.id),
  });
}

function useColumns(): Column<AuditEntry>[] {
  const { t } = useTranslation();
  return [
    { title: t('Number'), width: '4rem', id: 'entry', cell: (entry) => entry.id },
    { title: t('Time'), width: '10rem', cell: (entry) => <Time exact at={entry.at} /> },
    { title: t('Actor'), rest: 'cut', cell: (entry) => entry.actor },
    {
      title: t('Operation'),
      rest: 'cut',
      cell: (entry) => <span title={entry.action}>{operation(entry.action, t)}</span>,
    },
    { title: t('Object'), rest: 'cut', cell: (entry) => entry.object },
    {
      title: t('Outcome'),
      rest: 'cut',
      cell: (entry) => <span title={entry.outcome}>{outcome(entry.outcome, t)}</span>,
    },
  ];
}

export default function Audit() {
  const { t } = useTranslation();
  const words = useWords();
  const address = useAddress();
  const sorting = useSorting({ by: 'entry', down: true });
  const text = address.get('text') ?? '';
  const span = address.get('since') ?? '';
  const since = useMemo(() => sinceMoment(span), [span]);
  const filter: Record<string, string> = Object.fromEntries(
    [
      ['text', text],
      ['since', since],
      ['order', sorting.sort?.down ? '' : 'oldest'],
    ].filter(([, value]) => value),
  );
  const query = useEntries(filter);
  const columns = useColumns();
  const verify = useMutation({
    mutationFn: async () => (await client.GET('/audit', { params: { query: { limit: '1', verify: 'true' } } })).data,
  });
  return (
    <Page
      title={t('Audit log')}
      intro={t(
        'All operations and refused attempts. Each entry contains the hash of the previous entry, so that changes are detected.',
      )}
      actions={
        <>
          <Button variant="secondary" isLoading={verify.isPending} onClick={() => verify.mutate()}>
            {t('Verify hash chain')}
          </Button>
          <a className="pf-v6-c-button pf-m-secondary" href="/api/v1/audit/export" download>
            {t('Export with hashes')}
          </a>
        </>
      }
    >
      <div className="hf-stack">
        {verify.data ? (
          <Alert
            isInline
            component="h2"
            variant={verify.data.broken ? 'danger' : 'success'}
            title={
              verify.data.broken
                ? t('Entry {{id}} was altered, or an earlier entry is missing', { id: verify.data.broken })
                : t('The hash chain is intact')
            }
          >
            {verify.data.report?.findings.map((each) => (
              <p key={each.message}>{words(each.message, each.phrase)}</p>
            ))}
          </Alert>
        ) : null}
        <FilterBar
          page="audit"
          filters={[
            { name: 'text', kind: 'text', label: t('Find entries') },
            { name: 'since', kind: 'since', label: t('Time') },
          ]}
          columns={columns}
          sorting={sorting}
          exported={{ href: `/api/v1/audit.csv?${new URLSearchParams(filter)}` }}
        />
        <PagedTable
          query={query}
          label={t('Audit log')}
          rows={query.data?.pages.flat() ?? []}
          rowKey={(entry) => entry.id}
          sorting={sorting}
          empty={<Nothing title={t('No matching entries')} />}
          columns={columns}
        />
      </div>
    </Page>
  );
}
