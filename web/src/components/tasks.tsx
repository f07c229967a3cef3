import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { client } from '../api/client';
import type { Task } from '../api/types';
import { useWords } from '../i18n';
import { bytes, duration, secondsBetween } from '../lib/format';
import { Nothing } from './basics';
import type { Column, Sorting } from './columns';
import { PagedTable } from './PagedTable';
import { Time } from './Time';
import { TaskProgress, TaskState, useKind } from './taskstate';

const PAGE = 200;

export type TaskFilter = {
  state?: string;
  kind?: string;
  node?: string;
  plan?: string;
  tag?: string;
  text?: string;
  since?: string;
  order?: string;
};

/** The tasks of a list of any length, updated live. */
export function useTasks(filter: TaskFilter) {
  const cursor = filter.order === 'oldest' ? 'after' : 'before';
  return useInfiniteQuery({
    queryKey: ['tasks', filter],
    initialPageParam: 0,
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/tasks', {
        params: { query: { ...filter, limit: String(PAGE), ...(pageParam ? { [cursor]: String(pageParam) } : {}) } },
      });
      return data ?? { tasks: [], next: 0 };
    },
    getNextPageParam: (last) => last.next || undefined,
    maxPages: 600,
  });
}

type Query = ReturnType<typeof useTasks>;

export const tasksOf = (query: Query): Task[] => query.data?.pages.flatMap((page) => page.tasks) ?? [];

/** The columns of a list of tasks. The appliance sorts it, by the time at which tasks were queued. */
export function useTaskColumns(): Column<Task>[] {
  const { t } = useTranslation();
  const kind = useKind();
  const words = useWords();
  return [
    {
      title: t('Task'),
      width: '5.5rem',
      id: 'task',
      cell: (task) => <Link to={`/tasks/${task.id}`}>#{task.id}</Link>,
    },
    { title: t('Kind'), width: '8rem', cell: (task) => kind(task.kind) },
    { title: t('Node'), width: '7rem', cell: (task) => task.node || t('Appliance') },
    { title: t('State'), width: '7rem', cell: (task) => <TaskState task={task} /> },
    {
      title: t('Progress'),
      rest: 'cut',
      cell: (task) =>
        task.state === 'RUNNING' ? (
          <TaskProgress task={task} />
        ) : (
          words(task.reason, task.phrase) || (task.bytes > 0 ? bytes(task.bytes) : '')
        ),
    },
    { title: t('Started'), width: '8rem', cell: (task) => <Time at={task.startedAt ?? task.queuedAt} /> },
    {
      title: t('Duration'),
      width: '6.5rem',
      cell: (task) =>
        task.startedAt && task.finishedAt ? duration(Math.round(secondsBetween(task.startedAt, task.finishedAt))) : '',
    },
  ];
}

export function TaskTable({
  query,
  columns,
  sorting,
  height,
}: {
  query: Query;
  columns: Column<Task>[];
  sorting?: Sorting;
  height?: string;
}) {
  const { t } = useTranslation();
  return (
    <PagedTable
      query={query}
      label={t('Tasks')}
      height={height}
      rows={tasksOf(query)}
      rowKey={(task) => task.id}
      sorting={sorting}
      empty={<Nothing title={t('No tasks')}>{t('Backup, restore and maintenance tasks are listed here.')}</Nothing>}
      columns={columns}
    />
  );
}

/** A list of tasks, newest first. */
export function TaskList({ filter, height }: { filter: TaskFilter; height?: string }) {
  const query = useTasks(filter);
  return <TaskTable query={query} columns={useTaskColumns()} height={height} />;
}
