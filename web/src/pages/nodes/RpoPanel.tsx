import { Label } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Rpo } from '../../api/types';
import { Nothing, Panel } from '../../components/basics';
import { SmallTable } from '../../components/SmallTable';
import { Time } from '../../components/Time';
import { duration } from '../../lib/format';

function Current({ rpo }: { rpo: Rpo }) {
  const { t } = useTranslation();
  if (rpo.currentSeconds < 0) {
    return (
      <Label isCompact status="danger">
        {t('No snapshot')}
      </Label>
    );
  }
  const met = rpo.scheduled && rpo.targetSeconds >= 0 && rpo.currentSeconds <= rpo.targetSeconds;
  return (
    <Label isCompact status={met ? 'success' : 'warning'}>
      {duration(rpo.currentSeconds)}
    </Label>
  );
}

function Spread({ of: { intervals, medianSeconds, p95Seconds, worstSeconds } }: { of: Rpo['day'] }) {
  return intervals > 0
    ? [medianSeconds, p95Seconds, worstSeconds].map((seconds) => duration(seconds)).join(' / ')
    : duration(worstSeconds);
}

/** What would be lost of a node now, and what would have been. */
export function RpoPanel({ rpo }: { rpo: Rpo[] }) {
  const { t } = useTranslation();
  const incomplete = rpo.reduce((sum, each) => sum + each.incomplete, 0);
  const damaged = rpo.reduce((sum, each) => sum + each.damaged, 0);
  return (
    <Panel className="hf-wide" title={t('RPO by plan')}>
      {rpo.length === 0 ? (
        <Nothing title={t('No plan protects this node.')} />
      ) : (
        <SmallTable
          label={t('RPO by plan')}
          rows={rpo}
          rowKey={(each) => each.plan}
          columns={[
            {
              title: t('Plan'),
              cell: (each) =>
                each.plan ? (
                  <>
                    <Link to={`/plans/${each.plan}`}>{each.plan}</Link>
                    {each.scheduled ? '' : ` ${t('(not scheduled)')}`}
                  </>
                ) : (
                  t('Started on the node')
                ),
            },
            { title: t('Target'), cell: (each) => duration(each.targetSeconds) },
            { title: t('RPO now'), cell: (each) => <Current rpo={each} /> },
            { title: t('Data as of'), cell: (each) => <Time at={each.point} /> },
            { title: t('24 hours: median / 95 % / worst'), rest: 'wrap', cell: (each) => <Spread of={each.day} /> },
            { title: t('30 days: median / 95 % / worst'), rest: 'wrap', cell: (each) => <Spread of={each.month} /> },
          ]}
        />
      )}
      {incomplete > 0 ? (
        <p className="hf-subtle">
          {t('Snapshots of the last 24 hours without some files that could not be read: {{count}}.', {
            count: incomplete,
          })}
        </p>
      ) : null}
      {damaged > 0 ? (
        <p className="hf-subtle">
          {t('Damaged snapshots of the last 24 hours, which do not count: {{count}}.', { count: damaged })}
        </p>
      ) : null}
    </Panel>
  );
}
