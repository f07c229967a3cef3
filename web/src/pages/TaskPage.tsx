import { Alert } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { api, client, once } from '../api/client';
import type { Task, TaskDetail } from '../api/types';
import { ActionButton } from '../components/actions';
import { Failure, isShown, Loaded, Page, Panel } from '../components/basics';
import { useMay } from '../components/session';
import { Terms } from '../components/Terms';
import { Time } from '../components/Time';
import { TaskProgress, TaskState, useFigures, useKind } from '../components/taskstate';
import { useWords } from '../i18n';
import { bytes, count, duration, rate, secondsBetween, time, utc } from '../lib/format';

/** Converts a camel-case name to words. */
const words = (name: string) => name.replace(/([A-Z])/g, ' $1').toLowerCase();

/** Formats a value by the unit in its name. */
function shown(name: string, value: unknown): string {
  if (typeof value !== 'number') {
    return String(value);
  }
  if (/bytes/i.test(name)) {
    return bytes(value);
  }
  return /millis$/i.test(name) ? duration(Math.round(value / 1000)) : count(value);
}

function parsed(result: string): Record<string, unknown> {
  try {
    return JSON.parse(result || '{}') as Record<string, unknown>;
  } catch {
    // A result that is not JSON is not shown.
    return {};
  }
}

function Result({ task }: { task: Task }) {
  const { t } = useTranslation();
  const plain = Object.entries(parsed(task.result)).filter(([, value]) => typeof value !== 'object' || value === null);
  return plain.length === 0 ? null : (
    <Panel title={t('Result')}>
      <Terms of={plain.map(([name, value]) => [words(name), shown(name, value)])} />
    </Panel>
  );
}

function TaskActions({ task }: { task: Task }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const path = { params: { path: { id: String(task.id) } } };
  const retry = async () => {
    const { data } = await client.POST('/tasks/{id}/retry', { ...path, headers: once() });
    if (data) {
      void navigate(`/tasks/${data.task}`);
    }
  };
  if (task.finishedAt) {
    return task.requestedBy ? (
      <ActionButton variant="secondary" run={retry} success={t('The task was queued again')}>
        {t('Retry')}
      </ActionButton>
    ) : null;
  }
  return (
    <>
      {task.kind === 'backup' && task.requestedBy ? (
        <ActionButton
          variant="secondary"
          run={() => client.POST(task.paused ? '/tasks/{id}/resume' : '/tasks/{id}/pause', path)}
          success={task.paused ? t('The task was resumed') : t('The task was paused')}
        >
          {task.paused ? t('Resume') : t('Pause')}
        </ActionButton>
      ) : null}
      <ActionButton
        variant="danger"
        run={() => client.POST('/tasks/{id}/cancel', path)}
        success={t('Cancellation was requested')}
      >
        {t('Cancel task')}
      </ActionButton>
    </>
  );
}

function useReceived(task: Task): string {
  const { t } = useTranslation();
  if (task.bytes <= 0) {
    return '—';
  }
  const seconds = task.startedAt && task.finishedAt ? secondsBetween(task.startedAt, task.finishedAt) : 0;
  const received = `${bytes(task.bytes)}, ${count(task.chunks)} ${t('chunks')}`;
  return seconds > 0 ? `${received}, ${rate(task.bytes / seconds)}` : received;
}

function Facts({ task }: { task: Task }) {
  const { t } = useTranslation();
  const may = useMay();
  const received = useReceived(task);
  const figures = useFigures(task);
  return (
    <Panel>
      <TaskProgress task={task} />
      <Terms
        of={[
          [t('State'), <TaskState key="s" task={task} />],
          ...figures,
          [t('Description'), task.description],
          [
            t('Node'),
            task.node ? (
              <Link key="n" to={`/nodes/${task.node}`}>
                {task.node}
              </Link>
            ) : (
              t('Appliance')
            ),
          ],
          [t('Started by'), task.requestedBy || t('Node')],
          [t('Queued'), <Time exact key="q" at={task.queuedAt} />],
          [t('Started'), <Time exact key="b" at={task.startedAt} none={t('Not yet')} />],
          [t('Finished'), <Time exact key="e" at={task.finishedAt} none={t('Not yet')} />],
          [t('Received'), received],
        ]}
      />
      {task.snapshot && may('BROWSE') ? (
        <Link to={`/restore?node=${encodeURIComponent(task.node)}&snapshot=${task.snapshot}`}>
          {t('Browse snapshot')}
        </Link>
      ) : null}
    </Panel>
  );
}

function Log({ log }: { log: TaskDetail['log'] }) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <Panel title={t('Log')}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <div className="hf-log" role="log" tabIndex={0} aria-label={t('Log')}>
        {log.length === 0
          ? t('The log is empty.')
          : log.map((line, number) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a log only grows at its end.
              <div key={number}>
                <time title={utc(line.at)}>{time(line.at)}</time> {words(line.text, line.phrase)}
              </div>
            ))}
      </div>
    </Panel>
  );
}

export default function TaskPage() {
  const { t } = useTranslation();
  const words = useWords();
  const { id = '' } = useParams();
  const kind = useKind();
  const may = useMay();
  const query = api.useQuery(
    'get',
    '/tasks/{id}',
    { params: { path: { id } } },
    { refetchInterval: ({ state }) => (state.data?.task.finishedAt ? false : 3000) },
  );
  if (query.isError && !isShown(query)) {
    return (
      <Page title={t('Task {{id}}', { id })}>
        <Failure error={query.error} retry={() => void query.refetch()} />
      </Page>
    );
  }
  return (
    <Loaded query={query}>
      {({ task, log }) => (
        <Page title={`${kind(task.kind)} #${task.id}`} actions={may('OPERATE') ? <TaskActions task={task} /> : null}>
          <div className="hf-stack">
            {task.reason ? (
              <Alert
                isInline
                variant={task.state === 'DONE' ? 'info' : 'danger'}
                title={words(task.reason, task.phrase)}
                component="h2"
              />
            ) : null}
            <Facts task={task} />
            <Result task={task} />
            <Log log={log} />
          </div>
        </Page>
      )}
    </Loaded>
  );
}
