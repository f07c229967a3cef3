import { Alert } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api } from '../../api/client';
import type { Task } from '../../api/types';
import { Loaded, Panel } from '../../components/basics';
import { Terms } from '../../components/Terms';
import { TaskProgress, TaskState, useFigures } from '../../components/taskstate';
import { useWords } from '../../i18n';
import { bytes, duration, secondsBetween } from '../../lib/format';

const LOOK_MILLIS = 1000;

function Ended({ node, task }: { node: string; task: Task }) {
  const { t } = useTranslation();
  const words = useWords();
  const log = <Link to={`/tasks/${task.id}`}>{t('Open log')}</Link>;
  if (task.state !== 'DONE') {
    return (
      <Alert
        isInline
        isLiveRegion
        variant="danger"
        component="h3"
        title={t('The first backup failed')}
        actionLinks={log}
      >
        {words(task.reason, task.phrase)}
      </Alert>
    );
  }
  const took = task.startedAt && task.finishedAt ? secondsBetween(task.startedAt, task.finishedAt) : 0;
  return (
    <Alert
      isInline
      isLiveRegion
      variant={task.reason ? 'warning' : 'success'}
      component="h3"
      title={t('{{node}} has its first backup', { node })}
      actionLinks={
        <span className="hf-inline">
          {log}
          <Link to={`/nodes/${node}`}>{t('Open machine')}</Link>
          <Link to={`/restore?node=${encodeURIComponent(node)}`}>{t('Restore')}</Link>
        </span>
      }
    >
      {words(task.reason, task.phrase) ||
        t('{{bytes}} received in {{time}}', { bytes: bytes(task.bytes), time: duration(took) })}
    </Alert>
  );
}

function Running({ task }: { task: Task }) {
  const { t } = useTranslation();
  const figures = useFigures(task);
  return (
    <>
      <TaskProgress task={task} />
      <Terms of={[[t('State'), <TaskState key="s" task={task} />], ...figures]} />
      <Link to={`/tasks/${task.id}`}>{t('Open log')}</Link>
    </>
  );
}

/** The first backup of a machine, while it runs and when it has ended. */
export function FirstBackup({ node, task: id }: { node: string; task: number }) {
  const { t } = useTranslation();
  const query = api.useQuery(
    'get',
    '/tasks/{id}',
    { params: { path: { id: String(id) } } },
    { refetchInterval: ({ state }) => (state.data?.task.finishedAt ? false : LOOK_MILLIS) },
  );
  return (
    <Panel title={t('First backup')}>
      <Loaded query={query}>
        {({ task }) => (task.finishedAt ? <Ended node={node} task={task} /> : <Running task={task} />)}
      </Loaded>
    </Panel>
  );
}
