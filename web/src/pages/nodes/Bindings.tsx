import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, client } from '../../api/client';
import { ActButton, useActs } from '../../components/acts';
import { Panel } from '../../components/basics';
import { Pick } from '../../components/fields';
import { useMay } from '../../components/session';

function BoundPlan({ plan, node }: { plan: string; node: string }) {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <div className="hf-inline">
      <Link to={`/plans/${plan}`}>{plan}</Link>
      {may('OPERATE') ? (
        <ActButton
          size="sm"
          variant="secondary"
          does={() =>
            client.POST('/plans/{name}/run', {
              params: { path: { name: plan } },
              body: { nodes: [node], fullRead: false },
            })
          }
          done={t('A backup was ordered')}
        >
          {t('Back up now')}
        </ActButton>
      ) : null}
      {may('PLAN') ? (
        <ActButton
          size="sm"
          variant="link"
          does={() => client.DELETE('/plans/{name}/nodes/{node}', { params: { path: { name: plan, node } } })}
          done={t('The plan counts no more for this node')}
        >
          {t('Take away')}
        </ActButton>
      ) : null}
    </div>
  );
}

function BindPlan({ node, names }: { node: string; names: string[] }) {
  const { t } = useTranslation();
  const [plan, setPlan] = useState('');
  return (
    <div className="hf-inline">
      <Pick
        label={t('Plan')}
        none={t('Choose a plan')}
        value={plan}
        onChange={setPlan}
        options={names.map((name) => [name, name])}
      />
      <ActButton
        variant="secondary"
        isDisabled={!plan}
        does={() => client.PUT('/plans/{name}/nodes/{node}', { params: { path: { name: plan, node } } })}
        done={t('The plan counts for this node')}
      >
        {t('Give it this plan')}
      </ActButton>
    </div>
  );
}

function BoundPolicy({ node, policy }: { node: string; policy: string }) {
  const { t } = useTranslation();
  const { act } = useActs();
  const policies = api.useQuery('get', '/policies');
  const change = (name: string) =>
    act(
      () =>
        name
          ? client.PUT('/policies/{name}/nodes/{node}', { params: { path: { name, node } } })
          : client.DELETE('/policies/{name}/nodes/{node}', { params: { path: { name: policy, node } } }),
      t('The policy was changed'),
    );
  return (
    <Pick
      label={t('Policy')}
      none={t('keeps all')}
      value={policy}
      onChange={(name) => void change(name)}
      options={(policies.data?.policies ?? []).map((each) => [each.name, each.name])}
    />
  );
}

/** The plans that back a node up, and the policy by which its snapshots are kept. */
export function Bindings({ name, plans, policy }: { name: string; plans: string[]; policy: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const all = api.useQuery('get', '/plans');
  const unbound = (all.data?.plans ?? []).map((each) => each.name).filter((each) => !plans.includes(each));
  return (
    <Panel title={t('Plans and policy')}>
      {plans.length === 0 ? <p>{t('No plan backs this node up.')}</p> : null}
      {plans.map((plan) => (
        <BoundPlan key={plan} plan={plan} node={name} />
      ))}
      {may('PLAN') && unbound.length > 0 ? <BindPlan node={name} names={unbound} /> : null}
      <div className="hf-inline">
        <span>{t('Policy')}:</span>
        {may('DESTROY') ? <BoundPolicy node={name} policy={policy} /> : <span>{policy || t('keeps all')}</span>}
      </div>
    </Panel>
  );
}
