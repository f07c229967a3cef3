import { Label } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import type { Health, Node, Run } from '../api/types';
import { msg, useWords } from '../i18n';
import { time } from '../lib/format';

type Status = 'success' | 'warning' | 'danger';

/** The words for how a node or plan stands, the worst first. */
export const HEALTH: Record<Health, { text: string; status: Status }> = {
  DAMAGED: { text: msg('Damaged'), status: 'danger' },
  FAILING: { text: msg('Failing'), status: 'danger' },
  OVERDUE: { text: msg('Overdue'), status: 'danger' },
  NEVER_BACKED_UP: { text: msg('Never backed up'), status: 'warning' },
  UNPROTECTED: { text: msg('Unprotected'), status: 'warning' },
  WARNING: { text: msg('Warning'), status: 'warning' },
  PROTECTED: { text: msg('Protected'), status: 'success' },
};

/** A position in a list that has the worst first. */
export const badness = (health: Health | null | undefined) => (health ? Object.keys(HEALTH).indexOf(health) : 99);

export function HealthLabel({ health }: { health: Health }) {
  const { t } = useTranslation();
  const { text, status } = HEALTH[health];
  return (
    <Label isCompact status={status}>
      {t(text)}
    </Label>
  );
}

/** A dot that says whether the client's service is connected. It says nothing of the node's health. */
export function Connection({ node }: { node: Node }) {
  const { t } = useTranslation();
  const text = node.connected ? t('Online') : t('Offline');
  return (
    <span className={`hf-dot ${node.connected ? 'hf-dot-on' : ''}`} role="img" title={text} aria-label={text}>
      {node.connected ? '●' : '○'}
    </span>
  );
}

const RUNS: Record<Run['state'], { text: string; look: string; sign: string }> = {
  QUEUED: { text: msg('Waiting'), look: 'none', sign: '·' },
  RUNNING: { text: msg('Running'), look: 'running', sign: '…' },
  DONE: { text: msg('Done'), look: 'done', sign: '✓' },
  FAILED: { text: msg('Failed'), look: 'failed', sign: '✗' },
  CANCELLED: { text: msg('Cancelled'), look: 'cancelled', sign: '–' },
  BROKEN: { text: msg('Interrupted'), look: 'failed', sign: '✗' },
};

/** The newest backups, the oldest of them first, as a small picture. */
export function RunStrip({ runs, of }: { runs: Run[]; of: string }) {
  const { t } = useTranslation();
  const words = useWords();
  if (runs.length === 0) {
    return <span className="hf-subtle">{t('No runs yet')}</span>;
  }
  const bad = runs.filter((run) => run.state === 'FAILED' || run.state === 'BROKEN').length;
  return (
    <span
      className="hf-runs"
      role="img"
      aria-label={t('Last backups of {{name}}: {{runs}}, failed: {{bad}}', { name: of, runs: runs.length, bad })}
    >
      {runs.map((run) => {
        const warned = run.state === 'DONE' && run.warnings > 0;
        const { text, look, sign } = RUNS[run.state];
        const said = [
          warned ? t('Done, with files that could not be read') : t(text),
          time(run.finishedAt ?? run.startedAt),
          run.node,
          words(run.reason, run.phrase),
        ];
        return (
          <span
            key={run.task}
            className={`hf-run hf-run-${warned ? 'warned' : look}`}
            title={said.filter(Boolean).join(' · ')}
          >
            {warned ? '!' : sign}
          </span>
        );
      })}
    </span>
  );
}
