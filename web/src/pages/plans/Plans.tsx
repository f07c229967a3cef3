import { Label, Tab, Tabs, TabTitleText } from '@patternfly/react-core';
import { CalendarAltIcon } from '@patternfly/react-icons';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { api } from '../../api/client';
import type { NamedPlan } from '../../api/types';
import { Loaded, Nothing, Page, Panel } from '../../components/basics';
import { badness, HealthLabel, RunStrip } from '../../components/health';
import { SmallTable } from '../../components/SmallTable';
import { useMay, useSession } from '../../components/session';
import { Time } from '../../components/Time';
import { describePolicy, sourcesOf } from '../../lib/summaries';
import { Calendar } from './Calendar';

function PlanTable({ plans }: { plans: NamedPlan[] }) {
  const { t } = useTranslation();
  return (
    <SmallTable
      label={t('Plans')}
      rows={[...plans].sort((a, b) => badness(a.health) - badness(b.health))}
      rowKey={(plan) => plan.name}
      columns={[
        { title: t('Plan'), cell: (plan) => <Link to={`/plans/${plan.name}`}>{plan.name}</Link> },
        { title: t('Sources'), rest: 'cut', cell: (plan) => sourcesOf(plan.plan, t) },
        { title: t('Schedule'), rest: 'cut', cell: (plan) => plan.schedule || t('on demand') },
        { title: t('Nodes'), rest: 'cut', cell: (plan) => plan.nodes.join(', ') || '—' },
        { title: t('Last backups'), cell: (plan) => <RunStrip runs={plan.runs} of={plan.name} /> },
        {
          title: t('State'),
          cell: (plan) => (
            <>
              {plan.paused ? (
                <Label isCompact variant="outline" status="warning">
                  {t('Paused')}
                </Label>
              ) : plan.health ? (
                <HealthLabel health={plan.health} />
              ) : (
                t('Not in use')
              )}
              {plan.paused ? (
                <div className="hf-subtle">
                  {t('until')} <Time at={plan.pausedUntil} none={t('it is resumed')} />
                </div>
              ) : null}
            </>
          ),
        },
      ]}
    />
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
            <SmallTable
              label={t('Policies')}
              rows={all}
              rowKey={(policy) => policy.name}
              columns={[
                { title: t('Policy'), cell: (each) => <Link to={`/policies/${each.name}`}>{each.name}</Link> },
                { title: t('Summary'), rest: 'wrap', cell: (each) => describePolicy(each.policy, t).join(' ') },
                { title: t('Nodes'), rest: 'cut', cell: (each) => each.nodes.join(', ') || '—' },
              ]}
            />
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
        <Tab eventKey="policies" title={<TabTitleText>{t('Policies')}</TabTitleText>}>
          <div className="hf-tab">
            <PolicyList />
          </div>
        </Tab>
      </Tabs>
    </Page>
  );
}
