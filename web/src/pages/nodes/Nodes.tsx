import { ServerIcon } from '@patternfly/react-icons';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api } from '../../api/client';
import type { Health, Node } from '../../api/types';
import { Loaded, Nothing, Page } from '../../components/basics';
import { BulkBar } from '../../components/bulk';
import { type Column, inOrder, useSorting } from '../../components/columns';
import { type Filter, FilterBar } from '../../components/FilterBar';
import { badness, HEALTH } from '../../components/health';
import { useChosen } from '../../components/selection';
import { useMay, useSession } from '../../components/session';
import { Time } from '../../components/Time';
import { VirtualTable } from '../../components/VirtualTable';
import { useAddress } from '../../lib/address';
import { contains } from '../../lib/filters';
import { count, millis } from '../../lib/format';
import { tagsOf } from '../../lib/tags';
import { useNodeBulks } from './bulk';
import { ClientRelease } from './NodeLife';
import { NodeState } from './NodeState';
import { Tags } from './tags';

const nameOf = (node: Node) => node.name;

/** The reason why a node is refused, shortened to two lines. The node's page shows it in full. */
function Refusal({ node }: { node: Node }) {
  const why = [node.suspended, node.identityCopied].filter(Boolean).join('\n');
  return node.active && why ? (
    <div className="hf-subtle hf-brief" title={why}>
      {why}
    </div>
  ) : null;
}

function useColumns(): Column<Node>[] {
  const { t } = useTranslation();
  const health = (node: Node) => (node.health ? t(HEALTH[node.health].text) : '');
  return [
    {
      title: t('Node'),
      id: 'name',
      sort: nameOf,
      cell: (node) => <Link to={`/nodes/${node.name}`}>{node.name}</Link>,
    },
    {
      title: t('State'),
      width: '9rem',
      id: 'health',
      sort: (node) => badness(node.health),
      csv: health,
      cell: (node) => (
        <>
          <NodeState node={node} />
          <Refusal node={node} />
        </>
      ),
    },
    {
      title: t('Last success'),
      id: 'success',
      sort: (node) => (node.lastSnapshot ? millis(node.lastSnapshot) : null),
      csv: (node) => node.lastSnapshot,
      cell: (node) => <Time at={node.lastSnapshot} />,
    },
    {
      title: t('Plans'),
      rest: 'cut',
      id: 'plans',
      sort: (node) => node.plans.join(', '),
      cell: (node) => node.plans.join(', ') || '—',
    },
    {
      title: t('Policy'),
      id: 'policy',
      rest: 'cut',
      sort: (node) => node.policy,
      cell: (node) => node.policy || t('None (keep all)'),
    },
    {
      title: t('Tags'),
      rest: 'cut',
      id: 'tags',
      sort: (node) => node.tags.join(', '),
      cell: (node) => <Tags tags={node.tags} />,
    },
    {
      title: t('Client'),
      id: 'client',
      sort: (node) => node.clientVersion,
      cell: (node) => <ClientRelease node={node} />,
    },
  ];
}

function useFilters(all: Node[]): [filters: Filter[], left: Node[]] {
  const { t } = useTranslation();
  const address = useAddress();
  const value = (name: string) => address.get(name) ?? '';
  const plans = [...new Set(all.flatMap((node) => node.plans))].sort();
  const named = (names: string[]) => names.map((name) => [name, name] as const);
  const left = all.filter(
    (node) =>
      contains(value('text'), node.name, node.platform, node.policy, ...node.plans, ...node.tags) &&
      (!value('health') || node.health === value('health')) &&
      (!value('line') || node.connected === (value('line') === 'online')) &&
      (!value('plan') || node.plans.includes(value('plan'))) &&
      (!value('tag') || node.tags.includes(value('tag'))),
  );
  const filters: Filter[] = [
    { name: 'text', kind: 'text', label: t('Find nodes') },
    {
      name: 'health',
      kind: 'choice',
      label: t('State'),
      none: t('All states'),
      options: (Object.keys(HEALTH) as Health[]).map((each) => [each, t(HEALTH[each].text)]),
    },
    {
      name: 'line',
      kind: 'choice',
      label: t('Connection'),
      none: t('Online and offline'),
      options: [
        ['online', t('Online')],
        ['offline', t('Offline')],
      ],
    },
    { name: 'plan', kind: 'choice', label: t('Plan'), none: t('All plans'), options: named(plans) },
    { name: 'tag', kind: 'choice', label: t('Tag'), none: t('All tags'), options: named(tagsOf(all)) },
  ];
  return [filters, left];
}

function NodeTable({ all }: { all: Node[] }) {
  const { t } = useTranslation();
  const columns = useColumns();
  // The table has no room for them on a desk; the page of the node shows them.
  const exported: Column<Node>[] = [
    { title: t('Snapshots'), csv: (node) => String(node.snapshots), cell: (node) => count(node.snapshots) },
    { title: t('Platform'), csv: (node) => node.platform, cell: (node) => node.platform },
  ];
  const sorting = useSorting({ by: 'health', down: false });
  const [filters, left] = useFilters(all);
  const rows = inOrder(left, columns, sorting);
  const chosen = useChosen(rows, nameOf, nameOf);
  const bulks = useNodeBulks(chosen.rows);
  return (
    <div className="hf-stack">
      <FilterBar
        page="nodes"
        filters={filters}
        columns={[...columns, ...exported]}
        sorting={sorting}
        exported={{ rows }}
        count={rows.length}
        of={all.length}
      />
      <BulkBar chosen={chosen} total={rows.length} nameOf={nameOf} bulks={bulks} />
      <VirtualTable
        label={t('Nodes')}
        sorting={sorting}
        rows={rows}
        rowKey={nameOf}
        columns={bulks.length > 0 ? [chosen.column, ...columns] : columns}
      />
    </div>
  );
}

export default function Nodes() {
  const { t } = useTranslation();
  const may = useMay();
  const nodes = api.useQuery('get', '/nodes');
  const { allNodes } = useSession();
  const enrol =
    may('ENROL') && allNodes ? (
      <Link className="pf-v6-c-button pf-m-primary" to="/add-machine">
        {t('Add a machine')}
      </Link>
    ) : null;
  return (
    <Page title={t('Nodes')} actions={enrol} intro={t('Machines that this appliance backs up.')}>
      <Loaded query={nodes}>
        {({ nodes: all }) =>
          all.length === 0 ? (
            <Nothing title={t('No nodes are enrolled.')} icon={ServerIcon} action={enrol}>
              {t('Run the commands of “Add a machine” on it. It then appears here.')}
            </Nothing>
          ) : (
            <NodeTable all={all} />
          )
        }
      </Loaded>
    </Page>
  );
}
