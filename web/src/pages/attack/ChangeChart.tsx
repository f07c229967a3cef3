import { Chart, ChartAxis, ChartBar, ChartThreshold } from '@patternfly/react-charts/victory';
import { Label } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attack } from '../../api/types';
import { Nothing, Panel } from '../../components/basics';
import { ChartTable, PADDING, short, useWidth } from '../../components/chart';
import { Pick } from '../../components/fields';
import { Time } from '../../components/Time';
import { msg } from '../../i18n';
import { bytes, count, millis, percent, time } from '../../lib/format';

type Run = Attack['runs'][number];
type Name = 'changed' | 'replaced' | 'files' | 'bytes' | 'compressed';

const share = (value: number) => percent(value, 1);

const FIGURES: Record<Name, { text: string; format: (value: number) => string; least: number }> = {
  changed: { text: msg('Files changed'), format: share, least: 1 },
  replaced: { text: msg('Content replaced'), format: share, least: 1 },
  files: { text: msg('Number of files'), format: count, least: 10 },
  bytes: { text: msg('Size of the files'), format: bytes, least: 1000 },
  compressed: { text: msg('New content after compression'), format: share, least: 1 },
};

/** The figure that shows best what was seen. */
function telling(suspect: Run | null): Name {
  const files = suspect?.files;
  return files?.usual && files.value < files.usual.median / 2 ? 'files' : 'changed';
}

/** In words: how much it was, and how much is usual. */
function useSaid() {
  const { t } = useTranslation();
  return (name: Name, run: Run) => {
    const { format, text } = FIGURES[name];
    const { value, usual } = run[name];
    return usual
      ? t('{{figure}}: {{value}}; usually {{least}} to {{most}}', {
          figure: t(text),
          value: format(value),
          least: format(usual.least),
          most: format(usual.most),
        })
      : t('{{figure}}: {{value}}; not enough earlier snapshots for a comparison', {
          figure: t(text),
          value: format(value),
        });
  };
}

function Bars({ name, runs, shown }: { name: Name; runs: Run[]; shown: Run }) {
  const { t } = useTranslation();
  const { box, width } = useWidth();
  const said = useSaid();
  const { format, least } = FIGURES[name];
  const usual = shown[name].usual;
  const top = Math.max(least, usual?.most ?? 0, ...runs.map((run) => run[name].value));
  const line = (y: number) => runs.map((_, x) => ({ x: x + 1, y }));
  const at = (x: number) => short(millis(runs[x - 1]?.taken ?? ''));
  return (
    <>
      <p>
        <strong>{said(name, shown)}</strong> (<Time at={shown.taken} exact />)
      </p>
      <div ref={box} className="hf-chart">
        <Chart
          ariaTitle={said(name, shown)}
          ariaDesc={t('One bar per recent backup. The dashed lines show the usual maximum and minimum.')}
          height={220}
          width={width}
          padding={PADDING}
          domainPadding={{ x: 20 }}
          domain={{ y: [0, top * 1.1] }}
        >
          <ChartAxis
            tickCount={Math.min(8, runs.length)}
            tickFormat={(x: number) => (Number.isInteger(x) ? at(x) : '')}
          />
          <ChartAxis dependentAxis showGrid tickCount={4} tickFormat={format} />
          <ChartBar
            barWidth={Math.max(3, width / (runs.length * 2.5))}
            data={runs.map((run, i) => ({ x: i + 1, y: run[name].value, bad: run.suspicion !== '' }))}
            style={{
              data: {
                fill: ({ datum }: { datum?: { bad?: boolean } }) =>
                  datum?.bad
                    ? 'var(--pf-t--global--icon--color--status--danger--default)'
                    : 'var(--pf-t--global--icon--color--status--info--default)',
              },
            }}
          />
          {usual ? <ChartThreshold data={line(usual.most)} /> : null}
          {usual ? <ChartThreshold data={line(usual.least)} /> : null}
        </Chart>
      </div>
    </>
  );
}

/** A picture of how much each of the newest backups changed, beside what is usual. */
export function ChangeChart({ attack: { runs, suspect } }: { attack: Attack }) {
  const { t } = useTranslation();
  const [name, setName] = useState<Name>(telling(suspect ?? null));
  const shown = suspect ?? runs.at(-1);
  return (
    <Panel className="hf-wide" title={t('Changes by backup')}>
      {!shown ? (
        <Nothing title={t('No snapshots yet')} />
      ) : (
        <>
          <Pick
            label={t('Figure')}
            value={name}
            onChange={(chosen) => setName(chosen as Name)}
            options={Object.entries(FIGURES).map(([each, { text }]) => [each, t(text)])}
          />
          <Bars name={name} runs={runs} shown={shown} />
          <ChartTable
            label={t('Changes by backup')}
            rows={runs.toReversed()}
            rowKey={(run) => run.snapshot}
            columns={[
              { title: t('Time'), cell: (run) => <span title={run.sources.join(', ')}>{time(run.taken)}</span> },
              { title: t('Files changed'), cell: (run) => share(run.changed.value) },
              { title: t('Content replaced'), cell: (run) => share(run.replaced.value) },
              { title: t('Number of files'), cell: (run) => count(run.files.value) },
              { title: t('Size of the files'), cell: (run) => bytes(run.bytes.value) },
              { title: t('Compressed to'), cell: (run) => share(run.compressed.value) },
              {
                title: t('Verdict'),
                cell: (run) =>
                  run.suspicion ? (
                    <Label isCompact status="danger">
                      {t('Suspicious')}
                    </Label>
                  ) : (
                    t('Normal')
                  ),
              },
            ]}
          />
        </>
      )}
    </Panel>
  );
}
