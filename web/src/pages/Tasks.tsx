import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client, once } from '../api/client';
import type { Task } from '../api/types';
import { Page } from '../components/basics';
import { type Bulk, BulkBar } from '../components/bulk';
import { useSorting } from '../components/columns';
import { type Filter, FilterBar } from '../components/FilterBar';
import { QueueButton } from '../components/QueueButton';
import { useChosen } from '../components/selection';
import { useMay, useSession } from '../components/session';
import { TaskTable, tasksOf, useTaskColumns, useTasks } from '../components/tasks';
import { KINDS, TASK_STATES, useKind } from '../components/taskstate';
import { useAddress } from '../lib/address';
import { sinceMoment } from '../lib/filters';
import { tagsOf } from '../lib/tags';

const NAMES = ['text', 'state', 'kind', 'node', 'plan', 'tag'];

function useFilters(): Filter[] {
  const { t } = useTranslation();
  const nodes = api.useQuery('get', '/nodes').data?.nodes ?? [];
  const plans = api.useQuery('get', '/plans').data?.plans ?? [];
  const named = (names: string[]) => names.map((name) => [name, name] as const);
  const choice = (name: string, label: string, none: string, options: readonly (readonly [string, string])[]) =>
    ({ name, label, none, options, kind: 'choice' }) as const;
  return [
    { name: 'text', kind: 'text', label: t('Find tasks') },
    choice(
      'state',
      t('State'),
      t('All states'),
      TASK_STATES.map(([state, text]) => [state.toLowerCase(), t(text)]),
    ),
    choice(
      'kind',
      t('Kind'),
      t('All kinds'),
      Object.entries(KINDS).map(([kind, text]) => [kind, t(text)]),
    ),
    choice('node', t('Node'), t('All nodes'), named(nodes.map((each) => each.name))),
    choice('plan', t('Plan'), t('All plans'), named(plans.map((each) => each.name))),
    choice('tag', t('Tag'), t('All tags'), named(tagsOf(nodes))),
    { name: 'since', kind: 'since', label: t('Queued') },
  ];
}

function useBulks(): Bulk<Task>[] {
  const { t } = useTranslation();
  const may = useMay();
  const session = useSession();
  const path = (task: Task) => ({ params: { path: { id: String(task.id) } } });
  return may('OPERATE') && !session.readOnly
    ? [
        {
          text: t('Cancel tasks'),
          explain: t('Waiting tasks are cancelled. Running tasks are requested to stop.'),
          isDanger: true,
          leftOut: (task) => (task.finishedAt ? t('has finished') : ''),
          run: (task) => client.POST('/tasks/{id}/cancel', path(task)),
        },
        {
          text: t('Retry'),
          explain: t('New tasks repeat the work of these tasks.'),
          leftOut: (task) =>
            task.finishedAt ? (task.requestedBy ? '' : t('was started on the node')) : t('has not finished yet'),
          run: (task) => client.POST('/tasks/{id}/retry', { ...path(task), headers: once() }),
        },
      ]
    : [];
}

function TaskHistory() {
  const address = useAddress();
  const kind = useKind();
  const columns = useTaskColumns();
  const filters = useFilters();
  const bulks = useBulks();
  const sorting = useSorting({ by: 'task', down: true });
  const span = address.get('since') ?? '';
  const since = useMemo(() => sinceMoment(span), [span]);
  const filter = Object.fromEntries(
    [
      ...NAMES.map((name) => [name, address.get(name) ?? '']),
      ['since', since],
      ['order', sorting.sort?.down ? '' : 'oldest'],
    ].filter(([, value]) => value),
  );
  const query = useTasks(filter);
  const rows = tasksOf(query);
  const nameOf = (task: Task) => `#${task.id} ${kind(task.kind)} ${task.node}`.trim();
  const chosen = useChosen(rows, (task) => task.id, nameOf);
  return (
    <div className="hf-stack">
      <FilterBar
        page="tasks"
        filters={filters}
        columns={columns}
        sorting={sorting}
        exported={{ href: `/api/v1/tasks.csv?${new URLSearchParams(filter)}` }}
      />
      <BulkBar chosen={chosen} total={rows.length} nameOf={nameOf} bulks={bulks} />
      <TaskTable query={query} sorting={sorting} columns={bulks.length > 0 ? [chosen.column, ...columns] : columns} />
    </div>
  );
}

export default function Tasks() {
  const { t } = useTranslation();
  const may = useMay();
  const session = useSession();
  return (
    <Page
      title={t('Tasks')}
      intro={t('Finished, running and queued tasks of the nodes and the appliance.')}
      actions={
        may('OPERATE') && session.allNodes ? (
          <>
            <QueueButton task="usage">{t('Calculate usage')}</QueueButton>
            <QueueButton task="scrub">{t('Scrub')}</QueueButton>
            <QueueButton task="gc">{t('Start garbage collection')}</QueueButton>
          </>
        ) : null
      }
    >
      <TaskHistory />
    </Page>
  );
}
