import { Alert, Button } from '@patternfly/react-core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { client } from '../api/client';
import { Page } from '../components/basics';
import { PagedTable } from '../components/PagedTable';
import { Time } from '../components/Time';

export default function Audit() {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: ['audit'],
    initialPageParam: 0,
    staleTime: 30_000,
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/audit', {
        params: { query: { limit: '500', ...(pageParam ? { before: String(pageParam) } : {}) } },
      });
      return data?.entries ?? [];
    },
    getNextPageParam: (last) => (last.length < 500 ? undefined : last.at(-1)?.id),
  });
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
            {t('Export')}
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
          />
        ) : null}
        <PagedTable
          query={query}
          label={t('Audit log')}
          rows={query.data?.pages.flat() ?? []}
          rowKey={(entry) => entry.id}
          columns={[
            { title: t('Number'), width: '4rem', cell: (entry) => entry.id },
            { title: t('Time'), width: '10rem', cell: (entry) => <Time exact at={entry.at} /> },
            { title: t('Actor'), rest: 'cut', cell: (entry) => entry.actor },
            { title: t('Operation'), rest: 'cut', cell: (entry) => entry.action },
            { title: t('Object'), rest: 'cut', cell: (entry) => entry.object },
            { title: t('Outcome'), rest: 'cut', cell: (entry) => entry.outcome },
          ]}
        />
      </div>
    </Page>
  );
}
