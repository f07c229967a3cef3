import { Label, Progress, ProgressMeasureLocation, ProgressSize } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import type { Task } from '../api/types';
import { msg } from '../i18n';
import { bytes, count, duration, millis, rate } from '../lib/format';

export const KINDS: Record<string, string> = {
  backup: msg('Backup'),
  restore: msg('Restore'),
  verify: msg('Verification'),
  drill: msg('Restore drill'),
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

/** The progress of a running task: step, amount, speed and remaining time. */
export function TaskProgress({ task }: { task: Task }) {
  const { t } = useTranslation();
  if (task.state !== 'RUNNING' || !task.step) {
    return null;
  }
  const seconds = task.stepAt ? (Date.now() - millis(task.stepAt)) / 1000 : 0;
  const inBytes = task.step.includes('bytes');
  const speed = seconds > 1 ? task.done / seconds : 0;
  const left = speed > 0 && task.total > task.done ? (task.total - task.done) / speed : -1;
  const about = [
    t(task.step),
    inBytes ? bytes(task.done) : count(task.done),
    task.total > 0 ? `/ ${inBytes ? bytes(task.total) : count(task.total)}` : '',
    inBytes && speed > 0 ? rate(speed) : '',
    left >= 0 ? t('{{time}} left', { time: duration(left) }) : '',
  ]
    .filter(Boolean)
    .join(' · ')
    .replace(' · /', ' /');
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
