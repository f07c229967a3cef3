import { Label, Progress, ProgressMeasureLocation, ProgressSize } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import type { Task } from '../api/types';
import { msg } from '../i18n';
import { bytes, count, duration, rate } from '../lib/format';

export const KINDS: Record<string, string> = {
  backup: msg('Backup'),
  restore: msg('Restore'),
  verify: msg('Verification'),
  drill: msg('Restore test'),
  'boot-drill': msg('Boot test'),
  upgrade: msg('Client upgrade'),
  upload: msg('Upload'),
  gc: msg('Garbage collection'),
  'gc-preview': msg('Garbage collection preview'),
  scrub: msg('Scrub'),
  usage: msg('Usage calculation'),
  retention: msg('Retention'),
  'retention-preview': msg('Retention preview'),
  forget: msg('Snapshot deletion'),
  'node-remove': msg('Node removal'),
};

export function useKind(): (kind: string) => string {
  const { t } = useTranslation();
  return (kind) => t(KINDS[kind] ?? kind);
}

const STATES: Record<Task['state'], { text: string; status: 'info' | 'success' | 'danger' | 'warning' | 'custom' }> = {
  QUEUED: { text: msg('Waiting'), status: 'custom' },
  RUNNING: { text: msg('Running'), status: 'info' },
  DONE: { text: msg('Done'), status: 'success' },
  FAILED: { text: msg('Failed'), status: 'danger' },
  CANCELLED: { text: msg('Cancelled'), status: 'warning' },
  BROKEN: { text: msg('Interrupted'), status: 'danger' },
};
export const TASK_STATES = Object.entries(STATES).map(([state, { text }]) => [state, text] as const);

export function TaskState({ task }: { task: Task }) {
  const { t } = useTranslation();
  const { text, status } = STATES[task.state];
  return (
    <Label status={status === 'custom' ? undefined : status} isCompact variant="outline">
      {task.paused ? t('Paused') : t(text)}
    </Label>
  );
}

/** What tasks say they do: the texts of this release's clients and appliance. Others are shown as they come. */
const STEPS: Record<string, string> = {
  'bytes seen': msg('Backing up'),
  'source snapshots': msg('Taking source snapshots'),
  'bytes restored': msg('Restoring'),
  'bytes verified': msg('Verifying'),
  'bytes moved': msg('Moving data'),
  'bytes of the package': msg('Downloading the package'),
  installing: msg('Installing'),
  paused: msg('Paused'),
  containers: msg('Containers'),
  'containers copied': msg('Containers copied'),
  'containers deleted': msg('Containers deleted'),
  'containers of the lost volume': msg('Containers of the lost volume'),
  damage: msg('Damaged files'),
  index: msg('Index'),
  'index segments': msg('Index segments'),
  objects: msg('Objects'),
  'seconds since the start': msg('Booting'),
  snapshots: msg('Snapshots'),
  'snapshots forgotten': msg('Snapshots deleted'),
  'wait for other machines of this host': msg('Waiting for other backups of the host'),
};

export function useStep(): (step: string) => string {
  const { t } = useTranslation();
  return (step) =>
    step.startsWith('script ') ? t('Script {{name}}', { name: step.slice(7) }) : t(STEPS[step] ?? step);
}

/** The unit of a step is part of its name. */
const inBytes = (task: Task) => task.step.startsWith('bytes ');

function amount(task: Task): string {
  const shown = inBytes(task) ? bytes : count;
  return task.total > 0 ? `${shown(task.done)} / ${shown(task.total)}` : task.done > 0 ? shown(task.done) : '';
}

/** The progress of a running task: step, amount, speed and remaining time. No bar if the total is not known. */
export function TaskProgress({ task }: { task: Task }) {
  const { t } = useTranslation();
  const step = useStep();
  if (task.state !== 'RUNNING' || !task.step) {
    return null;
  }
  const about = [
    step(task.step),
    amount(task),
    task.bytesPerSecond >= 0 ? rate(task.bytesPerSecond) : '',
    task.etaSeconds >= 0 ? t('{{time}} left', { time: duration(task.etaSeconds) }) : '',
  ]
    .filter(Boolean)
    .join(' · ');
  return task.total > 0 ? (
    <Progress
      value={Math.min(100, (task.done / task.total) * 100)}
      title={about}
      size={ProgressSize.sm}
      measureLocation={ProgressMeasureLocation.outside}
    />
  ) : (
    <span>{about}</span>
  );
}

/** What a node did so far for a task, as terms. */
export function useFigures(task: Task): (readonly [term: string, value: string])[] {
  const { t } = useTranslation();
  const running = task.state === 'RUNNING';
  const { figures } = task;
  const terms: (readonly [string, string])[] = [];
  if (figures) {
    terms.push([t('Files'), count(figures.files)], [t('Scanned'), bytes(figures.scanned)]);
    if (task.kind === 'backup') {
      terms.push([t('Sent'), bytes(figures.transferred)]);
    } else if (figures.transferred > 0) {
      terms.push([t('Fetched'), bytes(figures.transferred)]);
    }
  }
  if (running && inBytes(task)) {
    terms.push(
      [t('Rate'), task.bytesPerSecond >= 0 ? rate(task.bytesPerSecond) : '—'],
      [t('Time left'), task.etaSeconds >= 0 ? duration(task.etaSeconds) : '—'],
    );
  }
  if (running && figures?.path) {
    terms.push([t('Current file'), figures.path]);
  }
  return terms;
}
