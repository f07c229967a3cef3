import { Label } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useSnapshots } from '../../api/snapshots';
import type { Snapshot } from '../../api/types';
import { Nothing } from '../../components/basics';
import { PagedTable } from '../../components/PagedTable';
import { useMay } from '../../components/session';
import { Time } from '../../components/Time';
import { bytes, count } from '../../lib/format';
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
          {snapshot.kept}
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

export function SnapshotTable({ node }: { node: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const query = useSnapshots(node);
  return (
    <PagedTable
      query={query}
      label={t('Snapshots')}
      height="45vh"
      rows={query.data?.pages.flatMap((page) => page.snapshots) ?? []}
      rowKey={(snapshot) => snapshot.id}
      empty={<Nothing title={t('No snapshots yet')}>{t('Assign a plan to the node, or start a backup.')}</Nothing>}
      columns={[
        {
          title: t('Created'),
          width: '8rem',
          cell: (snapshot) =>
            may('BROWSE') ? (
              <Link to={`/restore?node=${encodeURIComponent(snapshot.node)}&snapshot=${snapshot.id}`}>
                <Time at={snapshot.taken} />
              </Link>
            ) : (
              <Time at={snapshot.taken} />
            ),
        },
        { title: t('Files'), width: '5rem', cell: (snapshot) => count(snapshot.files) },
        { title: t('Content'), width: '6.5rem', cell: (snapshot) => bytes(snapshot.bytes) },
        {
          title: t('Exclusive size'),
          width: '6.5rem',
          cell: (snapshot) => (snapshot.ownBytes < 0 ? '—' : bytes(snapshot.ownBytes)),
        },
        { title: t('Sources'), rest: 'cut', cell: (snapshot) => snapshot.sources.join(', ') },
        { title: t('Status'), width: '6rem', cell: (snapshot) => <Kept snapshot={snapshot} /> },
        {
          title: t('Actions'),
          hiddenTitle: true,
          width: '3rem',
          cell: (snapshot) => <SnapshotMenu snapshot={snapshot} />,
        },
      ]}
    />
  );
}
