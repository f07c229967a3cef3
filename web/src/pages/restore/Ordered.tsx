import { Alert, Button } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api } from '../../api/client';
import type { Task, TaskDetail } from '../../api/types';
import { Loaded, Panel } from '../../components/basics';
import { TaskProgress, TaskState } from '../../components/taskstate';
import { useWords } from '../../i18n';
import { bytes, count } from '../../lib/format';
import { closeOrder, useOrders } from '../../lib/orders';
import { outcome, warnings } from '../../lib/outcomes';

const SHOWN = 20;

function Problems({ of }: { of: string[] }) {
  return of.length === 0 ? null : (
    <ul className="hf-need-text">
      {of.slice(0, SHOWN).map((each) => (
        <li key={each}>{each}</li>
      ))}
      {of.length > SHOWN ? <li>…</li> : null}
    </ul>
  );
}

/** How a restore ended, in words. */
function End({ detail: { task, log } }: { detail: TaskDetail }) {
  const { t } = useTranslation();
  const words = useWords();
  const { files, size, target, skipped, problems } = outcome(task.result);
  const told = warnings(log);
  if (task.state !== 'DONE') {
    return (
      <Alert
        isInline
        variant={task.state === 'CANCELLED' ? 'warning' : 'danger'}
        component="h3"
        title={task.state === 'CANCELLED' ? t('The restore was cancelled') : t('The restore failed')}
      >
        {words(task.reason, task.phrase)}
        <Problems of={told} />
      </Alert>
    );
  }
  return (
    <Alert
      isInline
      variant={problems > 0 ? 'warning' : 'success'}
      component="h3"
      title={t('Restored {{count}} files ({{size}}) to {{target}} on {{node}}', {
        count: files,
        size: bytes(size),
        target,
        node: task.node,
      })}
    >
      {skipped > 0 ? <p>{t('{{count}} existing files were kept.', { count: skipped })}</p> : null}
      {problems > 0 ? <p>{t('{{count}} problems:', { count: problems })}</p> : null}
      <Problems of={told} />
    </Alert>
  );
}

function Going({ task }: { task: Task }) {
  const { t } = useTranslation();
  return (
    <div className="hf-inline" role="status">
      <TaskState task={task} />
      {task.state === 'QUEUED' ? (
        <span>{t('Waiting for {{node}}', { node: task.node })}</span>
      ) : task.figures ? (
        <span>{t('{{count}} files', { count: task.figures.files })}</span>
      ) : null}
    </div>
  );
}

function Order({ id }: { id: number }) {
  const { t } = useTranslation();
  const query = api.useQuery(
    'get',
    '/tasks/{id}',
    { params: { path: { id: String(id) } } },
    { refetchInterval: ({ state }) => (state.data?.task.finishedAt ? false : 2000) },
  );
  return (
    <li>
      <Loaded query={query}>
        {(detail) => (
          <div className="hf-stack">
            <div className="hf-inline">
              <Link to={`/tasks/${id}`}>{t('Restore #{{id}}', { id })}</Link>
              <span className="hf-subtle">{detail.task.description}</span>
              <Button variant="link" isInline onClick={() => closeOrder(id)}>
                {t('Hide')}
              </Button>
            </div>
            {detail.task.finishedAt ? (
              <End detail={detail} />
            ) : (
              <>
                <Going task={detail.task} />
                <TaskProgress task={detail.task} />
              </>
            )}
          </div>
        )}
      </Loaded>
    </li>
  );
}

/** The restores that were ordered here, with their progress and how they ended. */
export function Ordered() {
  const { t } = useTranslation();
  const orders = useOrders();
  return orders.length === 0 ? null : (
    <Panel title={t('Your restores ({{number}})', { number: count(orders.length) })}>
      <ul className="hf-orders">
        {orders.map((id) => (
          <Order key={id} id={id} />
        ))}
      </ul>
    </Panel>
  );
}
