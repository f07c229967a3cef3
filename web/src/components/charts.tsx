import { Chart, ChartArea, ChartAxis, ChartBar, ChartStack, ChartThreshold } from '@patternfly/react-charts/victory';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/client';
import type { History } from '../api/types';
import { bytes, day, millis } from '../lib/format';
import { Loaded, Nothing, Panel } from './basics';

const DAYS = 30;
/** The least top of an axis, in bytes: below, its labels would be equal. */
const LEAST_TOP = 1000;
const HEADROOM = 1.1;

function useWidth() {
  const [element, box] = useState<HTMLDivElement | null>(null);
  const [width, setWidth] = useState(600);
  useEffect(() => {
    if (!element) {
      return;
    }
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(260, entry?.contentRect.width ?? 600)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return { box, width };
}

/** Sums up the history by days in the user's time zone. */
function byDay(history: History) {
  const today = new Date();
  today.setHours(0, 0, 0, 0);
  const days = Array.from({ length: DAYS }, (_, i) => {
    const at = new Date(today);
    at.setDate(at.getDate() - (DAYS - 1 - i));
    return { at: at.getTime(), bytes: 0, done: 0, failed: 0 };
  });
  for (const hour of history.hours) {
    const found = days.findLast((each) => each.at <= millis(hour.at));
    if (found && hour.kind === 'backup') {
      found.bytes += hour.bytes;
      found.done += hour.done;
      found.failed += hour.failed;
    }
  }
  return days;
}

const short = (at: number) => new Date(at).toLocaleDateString(undefined, { month: 'numeric', day: 'numeric' });

function Throughput({ history }: { history: History }) {
  const { t } = useTranslation();
  const { box, width } = useWidth();
  const days = byDay(history);
  const received = days.reduce((sum, each) => sum + each.bytes, 0);
  const spent = history.hours.filter((hour) => hour.kind === 'backup').reduce((sum, hour) => sum + hour.millis, 0);
  const said = t('{{bytes}} received from nodes in {{days}} days', { bytes: bytes(received), days: DAYS });
  return (
    <Panel className="hf-two" title={t('Received from nodes')}>
      {received === 0 ? (
        <Nothing title={t('Nothing received in {{days}} days', { days: DAYS })}>
          {t('The chart shows what the backups of the nodes add.')}
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
              padding={{ top: 10, bottom: 30, left: 75, right: 15 }}
              domainPadding={{ x: 10 }}
              domain={{ y: [0, Math.max(LEAST_TOP, ...days.map((each) => each.bytes))] }}
            >
              <ChartAxis tickValues={days.filter((_, i) => i % 7 === 1).map((each) => each.at)} tickFormat={short} />
              <ChartAxis dependentAxis showGrid tickCount={4} tickFormat={(value: number) => bytes(value)} />
              <ChartStack>
                <ChartBar
                  data={days.map((each) => ({ x: each.at, y: each.bytes }))}
                  barWidth={Math.max(4, width / 60)}
                />
              </ChartStack>
            </Chart>
          </div>
        </>
      )}
    </Panel>
  );
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
      {last && samples.every((each) => each.usedBytes === 0) ? (
        <Nothing title={t('Nothing is stored yet')} />
      ) : !last || samples.length < 2 ? (
        <Nothing title={t('Not enough samples yet')}>
          {t('Storage use is sampled every hour. The chart needs two samples.')}
        </Nothing>
      ) : (
        <>
          <p className="hf-subtle">{said}</p>
          <div ref={box} className="hf-chart">
            <Chart
              ariaTitle={said}
              height={200}
              width={width}
              padding={{ top: 10, bottom: 30, left: 75, right: 15 }}
              domain={{ y: [0, top * HEADROOM] }}
            >
              <ChartAxis tickValues={[samples[0] ?? last, last].map((each) => millis(each.at))} tickFormat={short} />
              <ChartAxis dependentAxis showGrid tickCount={4} tickFormat={(value: number) => bytes(value)} />
              <ChartArea data={samples.map((each) => ({ x: millis(each.at), y: each.usedBytes }))} />
              {nearlyFull ? (
                <ChartThreshold data={samples.map((each) => ({ x: millis(each.at), y: each.capacityBytes }))} />
              ) : null}
            </Chart>
          </div>
        </>
      )}
    </Panel>
  );
}

export default function Charts() {
  const history = api.useQuery('get', '/history', { params: { query: { days: String(DAYS) } } }, { staleTime: 60_000 });
  return (
    <Loaded query={history}>
      {(data) => (
        <>
          <Throughput history={data} />
          <Fullness history={data} />
        </>
      )}
    </Loaded>
  );
}
