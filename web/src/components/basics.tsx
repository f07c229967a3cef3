import {
  Button,
  ClipboardCopy,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  Label,
  PageSection,
  Progress,
  ProgressMeasureLocation,
  ProgressSize,
  Skeleton,
  Title,
} from '@patternfly/react-core';
import { ExclamationCircleIcon, SearchIcon } from '@patternfly/react-icons';
import type { UseQueryResult } from '@tanstack/react-query';
import { type ComponentType, type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../api/client';
import type { Task } from '../api/types';
import { msg } from '../i18n';
import { bytes, count, duration, millis, rate, time, utc } from '../lib/format';

/** A moment in the reader's own time; UTC on hover. */
export function Time({ at, none }: { at: string | null | undefined; none?: string }) {
  const { t } = useTranslation();
  if (!at) {
    return <span>{none ?? t('never')}</span>;
  }
  return (
    <time dateTime={at} title={utc(at)}>
      {time(at)}
    </time>
  );
}

export function Page({
  title,
  actions,
  intro,
  children,
}: {
  title: string;
  actions?: ReactNode;
  intro?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Holdfast`;
  }, [title]);
  return (
    <>
      <PageSection className="hf-head">
        <div className="hf-head-row">
          <Title headingLevel="h1" size="2xl">
            {title}
          </Title>
          {actions ? <div className="hf-actions">{actions}</div> : null}
        </div>
        {intro ? <p className="hf-intro">{intro}</p> : null}
      </PageSection>
      <PageSection isFilled className="hf-body">
        {children}
      </PageSection>
    </>
  );
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const forbidden = error instanceof Problem && error.status === 403;
  return (
    <EmptyState
      titleText={forbidden ? t('Your role does not show this') : t('This could not be loaded')}
      icon={ExclamationCircleIcon}
      headingLevel="h2"
      status={forbidden ? 'info' : 'danger'}
      variant="sm"
    >
      <EmptyStateBody>{error instanceof Error ? error.message : String(error)}</EmptyStateBody>
      {retry && !forbidden ? (
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button variant="link" onClick={retry}>
              {t('Try again')}
            </Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      ) : null}
    </EmptyState>
  );
}

export function Waiting({ lines = 4 }: { lines?: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t('Loading')} className="hf-waiting">
      {Array.from({ length: lines }, (_, line) => line).map((line) => (
        <Skeleton key={line} width={`${90 - line * 12}%`} />
      ))}
    </div>
  );
}

/** What was asked for, or how far that is. */
export function Loaded<T>({
  query,
  children,
}: {
  query: UseQueryResult<T, unknown>;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) {
    return <>{children(query.data)}</>;
  }
  return query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Waiting />;
}

export function Nothing({
  title,
  children,
  icon = SearchIcon,
  action,
}: {
  title: string;
  children?: ReactNode;
  icon?: ComponentType;
  action?: ReactNode;
}) {
  return (
    <EmptyState titleText={title} icon={icon} headingLevel="h2" variant="sm">
      {children ? <EmptyStateBody>{children}</EmptyStateBody> : null}
      {action ? (
        <EmptyStateFooter>
          <EmptyStateActions>{action}</EmptyStateActions>
        </EmptyStateFooter>
      ) : null}
    </EmptyState>
  );
}

export const KINDS: Record<string, string> = {
  backup: msg('Backup'),
  restore: msg('Restore'),
  verify: msg('Verification'),
  drill: msg('Rehearsed restore'),
  upload: msg('Upload'),
  gc: msg('Garbage collection'),
  'gc-preview': msg('Preview of garbage collection'),
  scrub: msg('Scrub'),
  usage: msg('Reckoning of usage'),
  retention: msg('Retention'),
  'retention-preview': msg('Preview of retention'),
  forget: msg('Forgetting'),
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
  BROKEN: { text: msg('Broken off'), status: 'danger' },
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

/** How far a task is, how fast, and until when. */
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

export function Copyable({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  return (
    <ClipboardCopy
      isReadOnly
      isCode
      hoverTip={t('Copy')}
      clickTip={t('Copied')}
      textAriaLabel={label}
      toggleAriaLabel={label}
    >
      {text}
    </ClipboardCopy>
  );
}

/** A figure with what it says. */
export function Figure({ label, value, children }: { label: string; value: ReactNode; children?: ReactNode }) {
  return (
    <div className="hf-figure">
      <div className="hf-figure-label">{label}</div>
      <div className="hf-figure-value">{value}</div>
      {children ? <div className="hf-figure-more">{children}</div> : null}
    </div>
  );
}
