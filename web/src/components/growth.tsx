import { Chart, ChartAxis, ChartLine } from '@patternfly/react-charts/victory';
import { useTranslation } from 'react-i18next';
import { api } from '../api/client';
import type { Growth } from '../api/types';
import { bytes, day, millis } from '../lib/format';
import { Loaded, Nothing, Panel } from './basics';
import { ChartTable, COLOURS, DAYS, HEADROOM, LEAST_TOP, Legend, PADDING, short, useWidth } from './chart';

/** Storage by node over time; of one node what it refers to, and what only it uses. */
function Used({ growth: { nodes }, node }: { growth: Growth; node: string }) {
  const { t } = useTranslation();
  const { box, width } = useWidth();
  const lines = node
    ? nodes.flatMap(({ samples }) => [
        { name: t('Referenced'), points: samples.map(({ at, stored }) => ({ x: millis(at), y: stored })) },
        { name: t('Exclusive'), points: samples.map(({ at, own }) => ({ x: millis(at), y: own })) },
      ])
    : nodes.map((each) => ({
        name: each.node,
        points: each.samples.map(({ at, stored }) => ({ x: millis(at), y: stored })),
      }));
  const times = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const [first, last] = [times[0], times.at(-1)];
  const top = Math.max(LEAST_TOP, ...lines.flatMap(({ points }) => points.map(({ y }) => y)));
  const title = node ? t('Storage used by this node') : t('Storage referenced by node');
  const figure = (points: { x: number; y: number }[], at: number) => {
    const found = points.find(({ x }) => x === at);
    return found ? bytes(found.y) : '—';
  };
  return (
    <Panel className="hf-two" title={title}>
      {first === undefined || last === undefined || first === last ? (
        <Nothing title={t('Not enough calculations yet')}>
          {t('Storage use is calculated once a day. The chart needs two days.')}
        </Nothing>
      ) : (
        <>
          <div ref={box} className="hf-chart">
            <Chart ariaTitle={title} height={200} width={width} padding={PADDING} domain={{ y: [0, top * HEADROOM] }}>
              <ChartAxis tickValues={[first, last]} tickFormat={short} />
              <ChartAxis dependentAxis showGrid tickCount={4} tickFormat={(value: number) => bytes(value)} />
              {lines.map(({ name, points }, i) => (
                <ChartLine key={name} data={points} style={{ data: { stroke: COLOURS[i] } }} />
              ))}
            </Chart>
          </div>
          <Legend names={lines.map(({ name }) => name)} />
          <ChartTable
            label={title}
            rows={times}
            rowKey={(at) => at}
            columns={[
              { title: t('Day'), cell: (at) => day(new Date(at).toISOString()) },
              ...lines.map(({ name, points }) => ({ title: name, cell: (at: number) => figure(points, at) })),
            ]}
          />
        </>
      )}
    </Panel>
  );
}

export function ByNode({ node }: { node: string }) {
  const growth = api.useQuery(
    'get',
    '/usage/history',
    { params: { query: { days: String(DAYS), ...(node ? { node } : {}) } } },
    { staleTime: 60_000 },
  );
  return <Loaded query={growth}>{(data) => <Used growth={data} node={node} />}</Loaded>;
}
