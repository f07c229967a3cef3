import { Spinner } from '@patternfly/react-core';
import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api } from '../../api/client';
import type { Overview as OverviewData, Protection } from '../../api/types';
import { Figure, Loaded, Nothing, Page, Panel } from '../../components/basics';
import { badness, HealthLabel, RunStrip } from '../../components/health';
import { SmallTable } from '../../components/SmallTable';
import { useSession } from '../../components/session';
import { Time } from '../../components/Time';
import { msg } from '../../i18n';
import { part } from '../../lib/chunks';
import { bytes, count, day, duration, percent, ratio } from '../../lib/format';
import { SetupPanel } from '../setup/SetupPanel';
import { VerdictPanel } from './Verdict';

const Charts = part(() => import('../../components/charts'));

const MISSING: Record<Protection['missing'][number], string> = {
  SNAPSHOT: msg('a first snapshot'),
  OFF_SITE_COPY: msg('an off-site copy'),
  OFF_SITE_WITHIN_A_WEEK: msg('an off-site copy at most one week old'),
  SCHEDULE: msg('a scheduled plan'),
  BACKUP_DAILY: msg('daily backups'),
  OFF_SITE_WITHIN_A_DAY: msg('an off-site copy at most one day old'),
  REHEARSED_RESTORE: msg('a restore test within the last three months'),
  RESTORED_WITHIN_TWO_DAYS: msg('a measured RTO of at most two days'),
  CONTINUOUS_REPLICATION: msg('replication within minutes (level 5)'),
};

function Running({ data }: { data: OverviewData }) {
  const { t } = useTranslation();
  // ISO 8601 times in UTC sort as text.
  const newest = data.protection
    .flatMap((node) => node.lastSuccess ?? [])
    .sort()
    .at(-1);
  return (
    <Panel title={t('Tasks')}>
      <div className="hf-figures">
        <Figure label={t('Running tasks')} value={count(data.tasks.running ?? 0)}>
          {t('{{count}} waiting', { count: data.tasks.queued ?? 0 })}
        </Figure>
        <Figure label={t('Last success')} value={<Time at={newest} />} />
      </div>
    </Panel>
  );
}

function Level({ data }: { data: OverviewData }) {
  const { t } = useTranslation();
  const least = data.protection.reduce((worst, node) => Math.min(worst, node.level), 4);
  const worst = data.protection.find((node) => node.level === least);
  const rpo = Math.max(-1, ...data.protection.map((node) => node.rpoSeconds));
  const rto = Math.max(-1, ...data.protection.map((node) => node.rtoSeconds));
  return (
    <Panel title={t('Protection level, GB/T 20988')}>
      <div className="hf-figures">
        <Figure label={t('Level reached by all nodes')} value={data.protection.length ? `${least} / 6` : '—'} />
        <Figure label={t('Measured RPO')} value={rpo < 0 ? '—' : duration(rpo)} />
        <Figure label={t('Measured RTO')} value={rto < 0 ? '—' : duration(rto)} />
      </div>
      {worst ? (
        <p>
          {t('Required for the next level on node {{node}}:', { node: worst.node })}{' '}
          {t('{{list}}.', { list: worst.missing.map((each) => t(MISSING[each])).join(t(', ')) })}
        </p>
      ) : null}
      <p className="hf-subtle">
        {t(
          'Covers the data requirements of GB/T 20988-2007 only. Sites, staff and the recovery plan must be documented separately.',
        )}
      </p>
    </Panel>
  );
}

function Capacity({ data }: { data: OverviewData }) {
  const { t } = useTranslation();
  const { growth } = data;
  return (
    <Panel title={t('Capacity')}>
      <div className="hf-figures">
        <Figure label={t('Used')} value={`${bytes(data.usedBytes)} / ${bytes(data.capacityBytes)}`}>
          {percent(data.usedBytes, data.capacityBytes)} · {t('{{count}} chunks', { count: data.chunks })}
        </Figure>
        <Figure
          label={t('Forecast')}
          value={growth.fullAt ? t('Full by {{day}}', { day: day(growth.fullAt) }) : t('Not predictable')}
        >
          {growth.basedOnDays > 0
            ? t('{{bytes}} per day, averaged over {{count}} days', {
                bytes: bytes(growth.bytesPerDay),
                count: growth.basedOnDays,
              })
            : t('Available after one day of data')}
        </Figure>
      </div>
    </Panel>
  );
}

function Off({ data }: { data: OverviewData }) {
  const { t } = useTranslation();
  const vaults = api.useQuery('get', '/vaults');
  return (
    <Panel title={t('Off-site')}>
      <Loaded query={vaults}>
        {({ vaults: all }) =>
          all.length === 0 ? (
            <Link to="/vaults">{t('No vault is configured.')}</Link>
          ) : (
            <div className="hf-figures">
              {all.map(({ state }) => (
                <Figure
                  key={state.name}
                  label={t('RPO of vault {{name}}', { name: state.name })}
                  value={
                    !state.counted
                      ? t('Not calculated yet')
                      : state.snapshotsBehind === 0
                        ? t('Up to date')
                        : duration(state.offsiteRpoSeconds)
                  }
                >
                  {state.snapshotsBehind > 0
                    ? t('{{count}} snapshots, {{bytes}} pending', {
                        count: state.snapshotsBehind,
                        bytes: bytes(state.backlogBytes),
                      })
                    : `${bytes(state.objectBytes)}`}
                </Figure>
              ))}
              <Figure
                label={t('Nodes with an off-site copy')}
                value={`${data.protection.filter((node) => node.offsiteAgeSeconds >= 0).length} / ${data.nodes}`}
              />
            </div>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Savings({ data }: { data: OverviewData }) {
  const { t } = useTranslation();
  const { contentBytes, sentBytes, wireBytes } = data.savings;
  return (
    <Panel title={t('Data reduction')}>
      <div className="hf-figures">
        <Figure label={t('Deduplication')} value={ratio(contentBytes, sentBytes) ?? '—'}>
          {t('{{bytes}} in {{count}} snapshots', { bytes: bytes(contentBytes), count: data.snapshots })}
        </Figure>
        <Figure label={t('Compression')} value={ratio(sentBytes, wireBytes) ?? '—'}>
          {t('{{from}} compressed to {{to}}', { from: bytes(sentBytes), to: bytes(wireBytes) })}
        </Figure>
      </div>
    </Panel>
  );
}

/** The worst of the plans that protect a node: now, and in the last 30 days. */
function Rpo({ node: { rpo, rpoSeconds } }: { node: Protection }) {
  const { t } = useTranslation();
  const planned = rpo.filter((each) => each.scheduled);
  const now =
    planned.length === 0
      ? t('No plan')
      : planned.some((each) => each.currentSeconds < 0)
        ? t('No snapshot')
        : duration(Math.max(...planned.map((each) => each.currentSeconds)));
  return (
    <>
      <div>{now}</div>
      <div className="hf-subtle">{t('30 days: {{time}}', { time: duration(rpoSeconds) })}</div>
    </>
  );
}

function Nodes({ data }: { data: OverviewData }) {
  const { t } = useTranslation();
  return (
    <Panel
      className="hf-wide"
      title={`${t('Nodes')} · ${t('{{connected}} of {{nodes}} connected', { connected: data.connected, nodes: data.nodes })}`}
    >
      {data.protection.length === 0 ? (
        <Nothing title={t('No nodes are enrolled.')} action={<Link to="/add-machine">{t('Add a machine')}</Link>}>
          {t('A node is a machine that this appliance backs up.')}
        </Nothing>
      ) : (
        <SmallTable
          label={t('Node protection')}
          rows={[...data.protection].sort((a, b) => badness(a.health) - badness(b.health)).slice(0, 100)}
          rowKey={(node) => node.node}
          columns={[
            { title: t('Node'), cell: (node) => <Link to={`/nodes/${node.node}`}>{node.node}</Link> },
            { title: t('Health'), cell: (node) => <HealthLabel health={node.health} /> },
            { title: t('Last backups'), cell: (node) => <RunStrip runs={node.runs} of={node.node} /> },
            { title: t('Last success'), cell: (node) => <Time at={node.lastSuccess} /> },
            { title: t('RPO'), cell: (node) => <Rpo node={node} /> },
            { title: t('RTO (restore tests)'), cell: (node) => duration(node.rtoSeconds) },
            {
              title: t('Off-site'),
              cell: (node) =>
                node.offsiteAgeSeconds < 0 ? '—' : t('{{age}} ago', { age: duration(node.offsiteAgeSeconds) }),
            },
            { title: t('Level'), cell: (node) => node.level },
          ]}
        />
      )}
    </Panel>
  );
}

export function Overview() {
  const { t } = useTranslation();
  const session = useSession();
  const overview = api.useQuery('get', '/overview');
  return (
    <Page title={t('Overview')}>
      <Loaded query={overview}>
        {(data) => (
          <div className="hf-grid">
            <VerdictPanel data={data} />
            <SetupPanel />
            <Nodes data={data} />
            <Running data={data} />
            <Level data={data} />
            {session.allNodes ? <Capacity data={data} /> : null}
            <Off data={data} />
            <Savings data={data} />
            <Suspense fallback={<Spinner aria-label={t('Loading')} />}>
              <Charts />
            </Suspense>
          </div>
        )}
      </Loaded>
    </Page>
  );
}
