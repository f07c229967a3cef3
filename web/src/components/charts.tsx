import {
  Chart,
  ChartArea,
  ChartAxis,
  ChartBar,
  ChartLine,
  ChartStack,
  ChartThreshold,
} from '@patternfly/react-charts/victory';
import { useTranslation } from 'react-i18next';
import { api } from '../api/client';
import type { Activity, History } from '../api/types';
import { bytes, count, day, factor, MOST_FACTOR, millis, ratio } from '../lib/format';
import { Loaded, Nothing, Panel } from './basics';
import { ChartTable, COLOURS, DAYS, HEADROOM, LEAST_TOP, Legend, PADDING, short, useWidth } from './chart';
import { ByNode } from './growth';
import { useSession } from './session';

type Day = Activity['nodes'][number]['days'][number];

/** All nodes together, day by day. */
function totals(activity: Activity): Day[] {
  return activity.days.map((_, i) =>
    activity.nodes.reduce(
      (sum, { days }) => {
        const of = days[i] ?? sum;
        return {
          done: sum.done + of.done,
          failed: sum.failed + of.failed,
          received: sum.received + of.received,
          content: sum.content + of.content,
          sent: sum.sent + of.sent,
          millis: sum.millis + of.millis,
        };
      },
      { done: 0, failed: 0, received: 0, content: 0, sent: 0, millis: 0 },
    ),
  );
}

/** No component: a chart places its axes only if they are its own children. */
const dayAxis = (days: number[]) => <ChartAxis tickValues={days.filter((_, i) => i % 7 === 1)} tickFormat={short} />;

/** What was received, by node and day. */
function Throughput({ activity, node }: { activity: Activity; node: string }) {
  const { t } = useTranslation();
  const { box, width } = useWidth();
  const all = totals(activity);
  const received = all.reduce((sum, each) => sum + each.received, 0);
  const spent = all.reduce((sum, each) => sum + each.millis, 0);
  const days = activity.days.map(millis);
  const said = node
    ? t('{{bytes}} received from {{node}} in {{days}} days', { bytes: bytes(received), node, days: DAYS })
    : t('{{bytes}} received from nodes in {{days}} days', { bytes: bytes(received), days: DAYS });
  return (
    <Panel className="hf-two" title={node ? t('Received from this node') : t('Received from nodes')}>
      {received === 0 ? (
        <Nothing title={t('Nothing received in {{days}} days', { days: DAYS })}>
          {t('The chart shows the data that backups add.')}
        </Nothing>
      ) : (
        <>
          <p className="hf-subtle">
            {said}
            {spent > 0 ? ` · ${t('{{rate}} during backups', { rate: `${bytes(received / (spent / 1000))}/s` })}` : ''}
          </p>
          <div ref={box} className="hf-chart">
            <Chart
              ariaTitle={said}
              height={200}
              width={width}
              padding={PADDING}
              domainPadding={{ x: 10 }}
              domain={{ y: [0, Math.max(LEAST_TOP, ...all.map((each) => each.received))] }}
            >
              {dayAxis(days)}
              <ChartAxis dependentAxis showGrid tickCount={4} tickFormat={(value: number) => bytes(value)} />
              <ChartStack colorScale={COLOURS}>
                {activity.nodes.map((each) => (
                  <ChartBar
                    key={each.node}
                    data={each.days.map((of, i) => ({ x: days[i], y: of.received }))}
                    barWidth={Math.max(4, width / 60)}
                  />
                ))}
              </ChartStack>
            </Chart>
          </div>
          {activity.nodes.length > 1 ? (
            <Legend names={activity.nodes.map((each) => each.node || t('All others'))} />
          ) : null}
          <ChartTable
            label={node ? t('Received from this node') : t('Received from nodes')}
            rows={activity.days.map((at, i) => ({ at, i })).filter(({ i }) => (all[i]?.received ?? 0) > 0)}
            rowKey={(row) => row.i}
            columns={[
              { title: t('Day'), cell: (row) => day(row.at) },
              { title: t('Received'), cell: (row) => bytes(all[row.i]?.received ?? 0) },
              { title: t('Backups'), cell: (row) => count(all[row.i]?.done ?? 0) },
              ...(activity.nodes.length > 1
                ? activity.nodes.map((each) => ({
                    title: each.node || t('All others'),
                    cell: (row: { i: number }) => bytes(each.days[row.i]?.received ?? 0),
                  }))
                : []),
            ]}
          />
        </>
      )}
    </Panel>
  );
}

/** How many times less went over the network than was backed up, by day. */
function Reduction({ activity }: { activity: Activity }) {
  const { t } = useTranslation();
  const { box, width } = useWidth();
  const all = totals(activity);
  const days = all
    .map((each, i) => ({ at: activity.days[i] ?? '', content: each.content, sent: each.sent }))
    .filter((each) => each.content > 0);
  const content = days.reduce((sum, each) => sum + each.content, 0);
  const sent = days.reduce((sum, each) => sum + each.sent, 0);
  const drawn = (each: { content: number; sent: number }) =>
    Math.min(MOST_FACTOR, each.content / Math.max(1, each.sent));
  const moved = t('{{content}} backed up in {{days}} days, {{sent}} sent', {
    content: bytes(content),
    sent: bytes(sent),
    days: DAYS,
  });
  const said = [moved, ratio(content, sent)].filter(Boolean).join(' · ');
  return (
    <Panel className="hf-two" title={t('Deduplication and compression')}>
      {days.length < 2 ? (
        <Nothing title={t('Not enough backups yet')}>{t('The chart needs backups of two days.')}</Nothing>
      ) : (
        <>
          <p className="hf-subtle">{said}</p>
          <div ref={box} className="hf-chart">
            <Chart
              ariaTitle={said}
              height={200}
              width={width}
              padding={PADDING}
              domainPadding={{ x: 10 }}
              domain={{ y: [0, Math.max(2, ...days.map(drawn)) * HEADROOM] }}
            >
              {dayAxis(activity.days.map(millis))}
              <ChartAxis
                dependentAxis
                showGrid
                tickCount={4}
                tickFormat={(value: number) => (value > 0 ? factor(value) : '')}
              />
              <ChartLine data={days.map((each) => ({ x: millis(each.at), y: drawn(each) }))} />
            </Chart>
          </div>
          <ChartTable
            label={t('Deduplication and compression')}
            rows={days}
            rowKey={(row) => row.at}
            columns={[
              { title: t('Day'), cell: (row) => day(row.at) },
              { title: t('Backed up'), cell: (row) => bytes(row.content) },
              { title: t('Sent'), cell: (row) => bytes(row.sent) },
              { title: t('Ratio'), cell: (row) => ratio(row.content, row.sent) ?? '—' },
            ]}
          />
        </>
      )}
    </Panel>
  );
}

/** The last sample of each day. */
function byDay(samples: History['samples']) {
  return [...new Map(samples.map((each) => [day(each.at), each])).values()];
}

function Fullness({ history }: { history: History }) {
  const { t } = useTranslation();
  const { box, width } = useWidth();
  const samples = history.samples;
  const last = samples.at(-1);
  const nearlyFull = last !== undefined && last.usedBytes > last.capacityBytes / 2;
  const top = Math.max(LEAST_TOP, ...samples.map((each) => (nearlyFull ? each.capacityBytes : each.usedBytes)));
  const said = last
    ? t('{{used}} of {{capacity}} used on {{day}}', {
        used: bytes(last.usedBytes),
        capacity: bytes(last.capacityBytes),
        day: day(last.at),
      })
    : '';
  return (
    <Panel className="hf-two" title={t('Storage used')}>
      {!last || samples.length < 2 ? (
        <Nothing title={t('Not enough samples yet')}>
          {t('Storage use is sampled every hour. The chart needs two samples.')}
        </Nothing>
      ) : (
        <>
          <p className="hf-subtle">{said}</p>
          <div ref={box} className="hf-chart">
            <Chart ariaTitle={said} height={200} width={width} padding={PADDING} domain={{ y: [0, top * HEADROOM] }}>
              <ChartAxis tickValues={[samples[0] ?? last, last].map((each) => millis(each.at))} tickFormat={short} />
              <ChartAxis dependentAxis showGrid tickCount={4} tickFormat={(value: number) => bytes(value)} />
              <ChartArea data={samples.map((each) => ({ x: millis(each.at), y: each.usedBytes }))} />
              {nearlyFull ? (
                <ChartThreshold data={samples.map((each) => ({ x: millis(each.at), y: each.capacityBytes }))} />
              ) : null}
            </Chart>
          </div>
          <ChartTable
            label={t('Storage used')}
            rows={byDay(samples)}
            rowKey={(row) => row.at}
            columns={[
              { title: t('Day'), cell: (row) => day(row.at) },
              { title: t('Used'), cell: (row) => bytes(row.usedBytes) },
              { title: t('Capacity'), cell: (row) => bytes(row.capacityBytes) },
            ]}
          />
        </>
      )}
    </Panel>
  );
}

function Filled() {
  const history = api.useQuery('get', '/history', { params: { query: { days: String(DAYS) } } }, { staleTime: 60_000 });
  return <Loaded query={history}>{(data) => <Fullness history={data} />}</Loaded>;
}

/** Throughput, data reduction and growth of all nodes, or of one; of the storage only without throughput. */
export default function Charts({ node = '', storage = false }: { node?: string; storage?: boolean }) {
  const session = useSession();
  const activity = api.useQuery(
    'get',
    '/activity',
    {
      params: {
        query: {
          days: String(DAYS),
          zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
          ...(node ? { node } : {}),
        },
      },
    },
    { staleTime: 60_000 },
  );
  return (
    <>
      {storage && session.allNodes ? <Filled /> : null}
      {storage || node ? <ByNode node={node} /> : null}
      <Loaded query={activity}>
        {(data) => (
          <>
            {storage ? null : <Throughput activity={data} node={node} />}
            <Reduction activity={data} />
          </>
        )}
      </Loaded>
      {!storage && !node && session.allNodes ? <Filled /> : null}
    </>
  );
}
