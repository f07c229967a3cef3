import { Label } from '@patternfly/react-core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useSnapshots } from '../../api/snapshots';
import type { Snapshot } from '../../api/types';
import { Nothing } from '../../components/basics';
import { type Column, inOrder, useSorting } from '../../components/columns';
import { type Filter, FilterBar } from '../../components/FilterBar';
import { PagedTable } from '../../components/PagedTable';
import { useMay } from '../../components/session';
import { Time } from '../../components/Time';
import { msg } from '../../i18n';
import { useAddress } from '../../lib/address';
import { within } from '../../lib/filters';
import { bytes, count, millis } from '../../lib/format';
import { reason } from '../../lib/retention';
import { SnapshotMenu } from './SnapshotMenu';

function Kept({ snapshot }: { snapshot: Snapshot }) {
  const { t } = useTranslation();
  return (
    <span className="hf-inline">
      {snapshot.damaged > 0 ? (
        <Link to="/damage" title={t('Damaged files: {{files}}', { files: count(snapshot.damaged) })}>
          <Label isCompact status="danger">
            {t('Damaged')}
          </Label>
        </Link>
      ) : null}
      {snapshot.kept ? (
        <Label isCompact variant="outline">
          {reason(snapshot.kept, t)}
        </Label>
      ) : null}
      {snapshot.problems > 0 ? (
        <Label isCompact status="warning">
          {t('{{count}} warnings', { count: snapshot.problems })}
        </Label>
      ) : null}
    </span>
  );
}

function useColumns(): Column<Snapshot>[] {
  const { t } = useTranslation();
  const may = useMay();
  return [
    {
      title: t('Created'),
      width: '8rem',
      id: 'taken',
      sort: (snapshot) => millis(snapshot.taken),
      csv: (snapshot) => snapshot.taken,
      cell: (snapshot) =>
        may('BROWSE') ? (
          <Link to={`/restore?node=${encodeURIComponent(snapshot.node)}&snapshot=${snapshot.id}`}>
            <Time at={snapshot.taken} />
          </Link>
        ) : (
          <Time at={snapshot.taken} />
        ),
    },
    {
      title: t('Files'),
      width: '5rem',
      id: 'files',
      sort: (snapshot) => snapshot.files,
      cell: (snapshot) => count(snapshot.files),
    },
    {
      title: t('Content'),
      width: '6.5rem',
      id: 'bytes',
      sort: (snapshot) => snapshot.bytes,
      cell: (snapshot) => bytes(snapshot.bytes),
    },
    {
      title: t('Exclusive size'),
      width: '6.5rem',
      id: 'own',
      sort: (snapshot) => (snapshot.ownBytes < 0 ? null : snapshot.ownBytes),
      cell: (snapshot) => (snapshot.ownBytes < 0 ? '—' : bytes(snapshot.ownBytes)),
    },
    {
      title: t('Sources'),
      rest: 'cut',
      csv: (snapshot) => snapshot.sources.join(', '),
      cell: (snapshot) => snapshot.sources.join(', '),
    },
    {
      title: t('Status'),
      width: '6rem',
      csv: (snapshot) => snapshot.kept,
      cell: (snapshot) => <Kept snapshot={snapshot} />,
    },
    {
      title: t('Actions'),
      hiddenTitle: true,
      width: '3rem',
      cell: (snapshot) => <SnapshotMenu snapshot={snapshot} />,
    },
  ];
}

const NEWEST = 'taken';

const STATES: Record<string, { text: string; has: (snapshot: Snapshot) => boolean }> = {
  kept: { text: msg('On hold or locked'), has: (snapshot) => snapshot.kept !== '' },
  damaged: { text: msg('Damaged'), has: (snapshot) => snapshot.damaged > 0 },
  incomplete: { text: msg('With warnings'), has: (snapshot) => snapshot.problems > 0 },
};

function useFilter() {
  const { t } = useTranslation();
  const address = useAddress();
  const span = address.get('since') ?? '';
  const state = STATES[address.get('status') ?? ''];
  return {
    isSet: span !== '' || state !== undefined,
    has: (snapshot: Snapshot) => within(snapshot.taken, span) && (state?.has(snapshot) ?? true),
    filters: [
      { name: 'since', kind: 'since', label: t('Created') },
      {
        name: 'status',
        kind: 'choice',
        label: t('Status'),
        none: t('All snapshots'),
        options: Object.entries(STATES).map(([name, { text }]) => [name, t(text)] as const),
      },
    ] satisfies Filter[],
  };
}

export function SnapshotTable({ node }: { node: string }) {
  const { t } = useTranslation();
  const filter = useFilter();
  const query = useSnapshots(node);
  const columns = useColumns();
  const sorting = useSorting({ by: NEWEST, down: true }, 'snapshots');
  const { hasNextPage, isFetching, fetchNextPage } = query;
  // The appliance has the newest first; any other order, and a filter, needs all of them.
  const all = filter.isSet || sorting.sort?.by !== NEWEST || !sorting.sort.down;
  useEffect(() => {
    if (all && hasNextPage && !isFetching) {
      void fetchNextPage();
    }
  }, [all, hasNextPage, isFetching, fetchNextPage]);
  const loaded = query.data?.pages.flatMap((page) => page.snapshots) ?? [];
  const rows = inOrder(loaded.filter(filter.has), columns, sorting);
  const none = filter.isSet && loaded.length > 0 ? t('No snapshot matches the filters') : t('No snapshots yet');
  return (
    <>
      <FilterBar
        page="snapshots"
        filters={filter.filters}
        columns={columns}
        sorting={sorting}
        exported={{ rows }}
        count={rows.length}
        of={loaded.length}
      />
      <PagedTable
        query={query}
        label={t('Snapshots')}
        height="45vh"
        rows={rows}
        rowKey={(snapshot) => snapshot.id}
        sorting={sorting}
        empty={<Nothing title={none}>{t('Assign a plan to the node, or start a backup.')}</Nothing>}
        columns={columns}
      />
    </>
  );
}
