import { Card, CardBody, CardTitle, Label, Tab, Tabs, TabTitleText } from '@patternfly/react-core';
import { CalendarAltIcon } from '@patternfly/react-icons';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { api } from '../api/client';
import { Loaded, Nothing, Page, Time } from '../components/basics';
import { useMay, useSession } from '../components/session';
import { millis, utc } from '../lib/format';
import { describePolicy, sourcesOf } from '../lib/plans';

function Calendar() {
  const { t, i18n } = useTranslation();
  const calendar = api.useQuery('get', '/plans/calendar');
  const days = Array.from({ length: 7 }, (_, i) => {
    const day = new Date();
    day.setHours(0, 0, 0, 0);
    day.setDate(day.getDate() + i);
    return day;
  });
  return (
    <Loaded query={calendar}>
      {({ due }) => (
        <div className="hf-days">
          {days.map((day) => {
            const end = new Date(day);
            end.setDate(end.getDate() + 1);
            const runs = due.filter((run) => millis(run.at) >= day.getTime() && millis(run.at) < end.getTime());
            return (
              <section key={day.getTime()} className="hf-day">
                <h3>{day.toLocaleDateString(i18n.language, { weekday: 'short', month: 'short', day: 'numeric' })}</h3>
                {runs.length === 0 ? <p className="hf-subtle">—</p> : null}
                {[...Map.groupBy(runs, (run) => run.plan)].map(([plan, of]) => (
                  <p key={plan}>
                    <Link to={`/plans/${plan}`}>{plan}</Link>{' '}
                    <span className="hf-subtle" title={of[0]?.nodes.join(', ')}>
                      {t('{{count}} nodes', { count: of[0]?.nodes.length ?? 0 })}
                    </span>
                    <br />
                    {of.slice(0, 3).map((run) => (
                      <time key={run.at} title={utc(run.at)}>
                        {new Date(run.at).toLocaleTimeString(i18n.language, {
                          hour: '2-digit',
                          minute: '2-digit',
                        })}{' '}
                      </time>
                    ))}
                    {of.length > 3 ? t('and {{more}} more', { more: of.length - 3 }) : null}
                  </p>
                ))}
              </section>
            );
          })}
        </div>
      )}
    </Loaded>
  );
}

function PlanTable() {
  const { t } = useTranslation();
  const may = useMay();
  const plans = api.useQuery('get', '/plans');
  return (
    <Loaded query={plans}>
      {({ plans: all }) =>
        all.length === 0 ? (
          <Nothing
            title={t('No plan yet')}
            icon={CalendarAltIcon}
            action={may('PLAN') ? <Link to="/plans/new">{t('Make a plan')}</Link> : null}
          >
            {t('A plan says what of which nodes is backed up, when, and how.')}
          </Nothing>
        ) : (
          <div className="hf-stack">
            <Card>
              <CardBody className="hf-scroll">
                <Table variant="compact" aria-label={t('Plans')}>
                  <Thead>
                    <Tr>
                      <Th>{t('Plan')}</Th>
                      <Th>{t('What')}</Th>
                      <Th>{t('When')}</Th>
                      <Th>{t('Nodes')}</Th>
                      <Th>{t('State')}</Th>
                    </Tr>
                  </Thead>
                  <Tbody>
                    {all.map((each) => (
                      <Tr key={each.name}>
                        <Td>
                          <Link to={`/plans/${each.name}`}>{each.name}</Link>
                        </Td>
                        <Td>{sourcesOf(each.plan, t)}</Td>
                        <Td>{each.schedule || t('when somebody asks')}</Td>
                        <Td>{each.nodes.join(', ') || '—'}</Td>
                        <Td>
                          <Label isCompact variant="outline" status={each.paused ? 'warning' : 'success'}>
                            {each.paused ? t('Paused') : t('In force')}
                          </Label>
                          {each.paused ? (
                            <div className="hf-subtle">
                              {t('until')} <Time at={each.pausedUntil} none={t('somebody resumes it')} />
                            </div>
                          ) : null}
                        </Td>
                      </Tr>
                    ))}
                  </Tbody>
                </Table>
              </CardBody>
            </Card>
            <Card>
              <CardTitle component="h2">{t('The next seven days')}</CardTitle>
              <CardBody>
                <Calendar />
              </CardBody>
            </Card>
          </div>
        )
      }
    </Loaded>
  );
}

function PolicyTable() {
  const { t } = useTranslation();
  const may = useMay();
  const policies = api.useQuery('get', '/policies');
  return (
    <Loaded query={policies}>
      {({ policies: all }) =>
        all.length === 0 ? (
          <Nothing
            title={t('No policy yet: every snapshot stays')}
            action={may('DESTROY') ? <Link to="/policies/new">{t('Make a policy')}</Link> : null}
          >
            {t('A policy says how long snapshots stay, and whether they are locked.')}
          </Nothing>
        ) : (
          <Card>
            <CardBody className="hf-scroll">
              <Table variant="compact" aria-label={t('Policies')}>
                <Thead>
                  <Tr>
                    <Th>{t('Policy')}</Th>
                    <Th>{t('In words')}</Th>
                    <Th>{t('Nodes')}</Th>
                  </Tr>
                </Thead>
                <Tbody>
                  {all.map((each) => (
                    <Tr key={each.name}>
                      <Td>
                        <Link to={`/policies/${each.name}`}>{each.name}</Link>
                      </Td>
                      <Td>{describePolicy(each.policy, t).join(' ')}</Td>
                      <Td>{each.nodes.join(', ') || '—'}</Td>
                    </Tr>
                  ))}
                </Tbody>
              </Table>
            </CardBody>
          </Card>
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
              {t('Make a plan')}
            </Link>
          ) : null}
          {may('DESTROY') ? (
            <Link className="pf-v6-c-button pf-m-secondary" to="/policies/new">
              {t('Make a policy')}
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
            <PlanTable />
          </div>
        </Tab>
        <Tab eventKey="policies" title={<TabTitleText>{t('Policies')}</TabTitleText>}>
          <div className="hf-tab">
            <PolicyTable />
          </div>
        </Tab>
      </Tabs>
    </Page>
  );
}
