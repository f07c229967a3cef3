import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { client } from '../api/client';
import type { Task } from '../api/types';
import { bytes, duration, secondsBetween } from '../lib/format';
import { Nothing } from './basics';
import { PagedTable } from './PagedTable';
import { Time } from './Time';
import { TaskProgress, TaskState, useKind } from './taskstate';

const PAGE = 200;

export type TaskFilter = { state?: string; kind?: string; node?: string; plan?: string };

/** A list of tasks of any length, newest first, updated live. */
export function TaskList({ filter, height }: { filter: TaskFilter; height?: string }) {
  const { t } = useTranslation();
  const kind = useKind();
  const query = useInfiniteQuery({
    queryKey: ['tasks', filter],
    initialPageParam: 0,
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/tasks', {
        params: { query: { ...filter, limit: String(PAGE), ...(pageParam ? { before: String(pageParam) } : {}) } },
      });
      return data ?? { tasks: [], next: 0 };
    },
    getNextPageParam: (last) => last.next || undefined,
    maxPages: 600,
  });
  const rows: Task[] = query.data?.pages.flatMap((page) => page.tasks) ?? [];
  return (
    <PagedTable
      query={query}
      label={t('Tasks')}
      height={height}
      rows={rows}
      rowKey={(task) => task.id}
      empty={<Nothing title={t('No tasks')}>{t('Backup, restore and maintenance tasks are listed here.')}</Nothing>}
      columns={[
        { title: t('Task'), width: '5.5rem', cell: (task) => <Link to={`/tasks/${task.id}`}>#{task.id}</Link> },
        { title: t('Kind'), width: '8rem', cell: (task) => kind(task.kind) },
        { title: t('Node'), width: '7rem', cell: (task) => task.node || t('appliance') },
        { title: t('State'), width: '7rem', cell: (task) => <TaskState task={task} /> },
        {
          title: t('Progress'),
          rest: 'cut',
          cell: (task) =>
            task.state === 'RUNNING' ? (
              <TaskProgress task={task} />
            ) : (
              task.reason || (task.bytes > 0 ? bytes(task.bytes) : '')
            ),
        },
        { title: t('Started'), width: '8rem', cell: (task) => <Time at={task.startedAt ?? task.queuedAt} /> },
        {
          title: t('Duration'),
          width: '6.5rem',
          cell: (task) =>
            task.startedAt && task.finishedAt
              ? duration(Math.round(secondsBetween(task.startedAt, task.finishedAt)))
              : '',
        },
      ]}
    />
  );
}
