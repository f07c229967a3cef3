import { Alert, Label, Progress } from '@patternfly/react-core';
import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api } from '../api/client';
import { useDamage } from '../api/damage';
import type { StorageState } from '../api/types';
import { Figure, Loaded, Nothing, Page, Panel, Waiting } from '../components/basics';
import { QueueButton } from '../components/QueueButton';
import { SmallTable } from '../components/SmallTable';
import { useMay } from '../components/session';
import { Time } from '../components/Time';
import { useKind } from '../components/taskstate';
import { part } from '../lib/chunks';
import { bytes, count, duration, percent, secondsBetween } from '../lib/format';

const Charts = part(() => import('../components/charts'));

function Usage() {
  const { t } = useTranslation();
  const usage = api.useQuery('get', '/usage');
  return (
    <Panel className="hf-wide" title={t('Storage used per node')}>
      <Loaded query={usage}>
        {({ at, nodes }) =>
          at === null ? (
            <Nothing title={t('Not calculated yet')}>
              {t('Storage use is calculated once a day and on request.')}
            </Nothing>
          ) : (
            <>
              <p className="hf-subtle">
                {t('Calculated')} <Time at={at} />.{' '}
                {t(
                  'Nodes share chunks: referenced storage includes chunks that other nodes also use; exclusive storage is used by one node only.',
                )}
              </p>
              <SmallTable
                label={t('Storage used per node')}
                rows={nodes}
                rowKey={(node) => node.node}
                columns={[
                  { title: t('Node'), cell: (node) => <Link to={`/nodes/${node.node}`}>{node.node}</Link> },
                  { title: t('Snapshots'), cell: (node) => count(node.snapshots) },
                  { title: t('Referenced'), cell: (node) => bytes(node.stored) },
                  { title: t('Exclusive'), cell: (node) => bytes(node.own) },
                ]}
              />
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Capacity({ data }: { data: StorageState }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('Storage space')}>
      <div className="hf-figures">
        <Figure label={t('Used')} value={bytes(data.usedBytes)}>
          {percent(data.usedBytes, data.capacityBytes)}
        </Figure>
        <Figure label={t('Capacity')} value={bytes(data.capacityBytes)}>
          {data.capacityBytes < data.profileBytes
            ? t('Limited by the file systems; the hardware profile allows {{bytes}}', {
                bytes: bytes(data.profileBytes),
              })
            : null}
        </Figure>
        <Figure label={t('Free')} value={bytes(data.leftBytes)} />
        <Figure label={t('Chunks')} value={count(data.chunks)} />
      </div>
    </Panel>
  );
}

function Upkeep({ tasks }: { tasks: StorageState['lastTasks'] }) {
  const { t } = useTranslation();
  const kind = useKind();
  return (
    <Panel className="hf-two" title={t('Maintenance')}>
      <SmallTable
        label={t('Maintenance')}
        rows={['retention', 'gc', 'usage', 'scrub'].map((each) => ({ kind: each, task: tasks[each] }))}
        rowKey={(row) => row.kind}
        columns={[
          { title: t('Kind'), cell: (row) => kind(row.kind) },
          {
            title: t('Last run'),
            cell: ({ task }) =>
              task ? (
                <span className="hf-inline">
                  <Link to={`/tasks/${task.id}`}>
                    <Time at={task.finishedAt} />
                  </Link>
                  {task.state === 'FAILED' ? (
                    <Label isCompact status="danger">
                      {t('Failed')}
                    </Label>
                  ) : null}
                </span>
              ) : (
                t('Never')
              ),
          },
          {
            title: t('Duration'),
            cell: ({ task }) =>
              task?.startedAt && task.finishedAt
                ? duration(Math.round(secondsBetween(task.startedAt, task.finishedAt)))
                : '—',
          },
        ]}
      />
    </Panel>
  );
}

function Volume({ volume }: { volume: StorageState['volumes'][number] }) {
  const { t } = useTranslation();
  const { number, path, totalBytes, freeBytes, containers, containerBytes } = volume;
  return (
    <Panel title={t('Volume {{number}}', { number })}>
      <code>{path}</code>
      <Progress
        value={((totalBytes - freeBytes) / totalBytes) * 100}
        title={t('{{free}} free of {{total}}', { free: bytes(freeBytes), total: bytes(totalBytes) })}
      />
      <p>{t('{{count}} sealed containers, {{bytes}}', { count: containers, bytes: bytes(containerBytes) })}</p>
    </Panel>
  );
}

export default function Storage() {
  const { t } = useTranslation();
  const may = useMay();
  const storage = api.useQuery('get', '/storage');
  const findings = useDamage().data?.pages[0]?.findings ?? 0;
  return (
    <Page
      title={t('Storage')}
      actions={
        may('OPERATE') ? (
          <>
            <QueueButton task="gc-preview">{t('Preview garbage collection')}</QueueButton>
            <QueueButton task="gc">{t('Start garbage collection')}</QueueButton>
            <QueueButton task="scrub" all>
              {t('Start full scrub')}
            </QueueButton>
            <QueueButton task="usage">{t('Calculate usage')}</QueueButton>
          </>
        ) : null
      }
    >
      <Loaded query={storage}>
        {(data) => (
          <div className="hf-grid">
            {data.damaged.length > 0 || findings > 0 ? (
              <Alert className="hf-wide" isInline variant="danger" component="h2" title={t('Stored data is damaged')}>
                {t('Damaged containers are healed from a vault, or from the nodes at their next backup.')}{' '}
                <Link to="/damage">{t('Show damaged files')}</Link>
              </Alert>
            ) : null}
            <Capacity data={data} />
            <Upkeep tasks={data.lastTasks} />
            {data.volumes.map((volume) => (
              <Volume key={volume.number} volume={volume} />
            ))}
            <Suspense fallback={<Waiting />}>
              <Charts storage />
            </Suspense>
            <Usage />
          </div>
        )}
      </Loaded>
    </Page>
  );
}
