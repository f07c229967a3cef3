import { Label, Tab, Tabs, TabTitleText } from '@patternfly/react-core';
import { CalendarAltIcon } from '@patternfly/react-icons';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { api } from '../../api/client';
import type { Health, NamedPlan, NamedPolicy } from '../../api/types';
import { Loaded, Nothing, Page, Panel } from '../../components/basics';
import { type Column, inOrder, useSorting } from '../../components/columns';
import { FilterBar } from '../../components/FilterBar';
import { badness, HEALTH, HealthLabel, RunStrip } from '../../components/health';
import { SmallTable } from '../../components/SmallTable';
import { useMay, useSession } from '../../components/session';
import { Time } from '../../components/Time';
import { useAddress } from '../../lib/address';
import { contains } from '../../lib/filters';
import { describePolicy, sourcesOf } from '../../lib/summaries';
import { Calendar } from './Calendar';

function State({ plan }: { plan: NamedPlan }) {
  const { t } = useTranslation();
  if (!plan.paused) {
    return plan.health ? <HealthLabel health={plan.health} /> : t('Not in use');
  }
  return (
    <span className="hf-inline">
      <Label isCompact variant="outline" status="warning">
        {t('Paused')}
      </Label>
      <span className="hf-subtle">
        {t('until')} <Time at={plan.pausedUntil} none={t('it is resumed')} />
      </span>
    </span>
  );
}

function useColumns(): Column<NamedPlan>[] {
  const { t } = useTranslation();
  const state = (plan: NamedPlan) =>
    plan.paused ? t('Paused') : plan.health ? t(HEALTH[plan.health].text) : t('Not in use');
  return [
    {
      title: t('Plan'),
      id: 'name',
      sort: (plan) => plan.name,
      cell: (plan) => <Link to={`/plans/${plan.name}`}>{plan.name}</Link>,
    },
    {
      title: t('Sources'),
      rest: 'cut',
      csv: (plan) => sourcesOf(plan.plan, t),
      cell: (plan) => sourcesOf(plan.plan, t),
    },
    {
      title: t('Schedule'),
      rest: 'cut',
      id: 'schedule',
      sort: (plan) => plan.schedule,
      cell: (plan) => plan.schedule || t('On demand'),
    },
    {
      title: t('Nodes'),
      rest: 'cut',
      id: 'nodes',
      sort: (plan) => plan.nodes.length,
      csv: (plan) => plan.nodes.join(', '),
      cell: (plan) => plan.nodes.join(', ') || '—',
    },
    { title: t('Last backups'), cell: (plan) => <RunStrip runs={plan.runs} of={plan.name} /> },
    {
      title: t('State'),
      id: 'health',
      sort: (plan) => badness(plan.health),
      csv: state,
      cell: (plan) => <State plan={plan} />,
    },
  ];
}

function PlanTable({ plans }: { plans: NamedPlan[] }) {
  const { t } = useTranslation();
  const address = useAddress();
  const columns = useColumns();
  const sorting = useSorting({ by: 'health', down: false });
  const health = address.get('health') ?? '';
  const left = plans.filter(
    (plan) =>
      contains(address.get('text') ?? '', plan.name, sourcesOf(plan.plan, t), ...plan.nodes) &&
      (!health || (health === 'PAUSED' ? plan.paused : !plan.paused && plan.health === health)),
  );
  const rows = inOrder(left, columns, sorting);
  return (
    <>
      <FilterBar
        page="plans"
        filters={[
          { name: 'text', kind: 'text', label: t('Find plans') },
          {
            name: 'health',
            kind: 'choice',
            label: t('State'),
            none: t('All states'),
            options: [
              ...(Object.keys(HEALTH) as Health[]).map((each) => [each, t(HEALTH[each].text)] as const),
              ['PAUSED', t('Paused')],
            ],
          },
        ]}
        columns={columns}
        sorting={sorting}
        exported={{ rows }}
        count={rows.length}
        of={plans.length}
      />
      <SmallTable label={t('Plans')} sorting={sorting} rows={rows} rowKey={(plan) => plan.name} columns={columns} />
    </>
  );
}

function PlanList() {
  const { t } = useTranslation();
  const may = useMay();
  const plans = api.useQuery('get', '/plans');
  return (
    <Loaded query={plans}>
      {({ plans: all }) =>
        all.length === 0 ? (
          <Nothing
            title={t('No plans')}
            icon={CalendarAltIcon}
            action={may('PLAN') ? <Link to="/plans/new">{t('Create plan')}</Link> : null}
          >
            {t('A plan defines which data of which nodes is backed up, when, and how.')}
          </Nothing>
        ) : (
          <div className="hf-stack">
            <Panel>
              <PlanTable plans={all} />
            </Panel>
            <Panel title={t('Next seven days')}>
              <Calendar />
            </Panel>
          </div>
        )
      }
    </Loaded>
  );
}

function PolicyTable({ policies }: { policies: NamedPolicy[] }) {
  const { t } = useTranslation();
  const address = useAddress();
  const sorting = useSorting({ by: 'name', down: false });
  const columns: Column<NamedPolicy>[] = [
    {
      title: t('Policy'),
      id: 'name',
      sort: (each) => each.name,
      csv: (each) => each.name,
      cell: (each) => <Link to={`/policies/${each.name}`}>{each.name}</Link>,
    },
    {
      title: t('Summary'),
      rest: 'wrap',
      csv: (each) => describePolicy(each.policy, t).join(' '),
      cell: (each) => describePolicy(each.policy, t).join(' '),
    },
    {
      title: t('Nodes'),
      rest: 'cut',
      id: 'nodes',
      sort: (each) => each.nodes.length,
      csv: (each) => each.nodes.join(', '),
      cell: (each) => each.nodes.join(', ') || '—',
    },
  ];
  const left = policies.filter((each) => contains(address.get('text') ?? '', each.name, ...each.nodes));
  const rows = inOrder(left, columns, sorting);
  return (
    <>
      <FilterBar
        page="policies"
        filters={[{ name: 'text', kind: 'text', label: t('Find policies') }]}
        columns={columns}
        sorting={sorting}
        exported={{ rows }}
        count={rows.length}
        of={policies.length}
      />
      <SmallTable
        label={t('Retention policies')}
        sorting={sorting}
        rows={rows}
        rowKey={(policy) => policy.name}
        columns={columns}
      />
    </>
  );
}

function PolicyList() {
  const { t } = useTranslation();
  const may = useMay();
  const policies = api.useQuery('get', '/policies');
  return (
    <Loaded query={policies}>
      {({ policies: all }) =>
        all.length === 0 ? (
          <Nothing
            title={t('No policies: all snapshots are kept')}
            action={may('DESTROY') ? <Link to="/policies/new">{t('Create policy')}</Link> : null}
          >
            {t('A policy defines how long snapshots are kept and whether they are locked.')}
          </Nothing>
        ) : (
          <Panel>
            <PolicyTable policies={all} />
          </Panel>
        )
      }
    </Loaded>
  );
}

export default function Plans() {
  const { t } = useTranslation();
  const may = useMay();
  const session = useSession();
  const [search, setSearch] = useSearchParams();
  const tab = search.get('tab') ?? 'plans';
  return (
    <Page
      title={t('Plans and policies')}
      actions={
        <>
          {may('PLAN') && session.allNodes ? (
            <Link className="pf-v6-c-button pf-m-primary" to="/plans/new">
              {t('Create plan')}
            </Link>
          ) : null}
          {may('DESTROY') ? (
            <Link className="pf-v6-c-button pf-m-secondary" to="/policies/new">
              {t('Create policy')}
            </Link>
          ) : null}
        </>
      }
    >
      <Tabs
        activeKey={tab}
        onSelect={(_, key) => setSearch({ tab: String(key) }, { replace: true })}
        aria-label={t('Plans and policies')}
        mountOnEnter
        unmountOnExit
      >
        <Tab eventKey="plans" title={<TabTitleText>{t('Plans')}</TabTitleText>}>
          <div className="hf-tab">
            <PlanList />
          </div>
        </Tab>
        <Tab eventKey="policies" title={<TabTitleText>{t('Retention policies')}</TabTitleText>}>
          <div className="hf-tab">
            <PolicyList />
          </div>
        </Tab>
      </Tabs>
    </Page>
  );
}
