import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, client } from '../../api/client';
import { ActionButton, useActions } from '../../components/actions';
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
        <ActionButton
          size="sm"
          variant="secondary"
          run={() =>
            client.POST('/plans/{name}/run', {
              params: { path: { name: plan } },
              body: { nodes: [node], fullRead: false },
            })
          }
          success={t('A backup was requested')}
        >
          {t('Back up now')}
        </ActionButton>
      ) : null}
      {may('PLAN') ? (
        <ActionButton
          size="sm"
          variant="link"
          run={() => client.DELETE('/plans/{name}/nodes/{node}', { params: { path: { name: plan, node } } })}
          success={t('The plan no longer applies to this node')}
        >
          {t('Unassign')}
        </ActionButton>
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
        none={t('Select a plan')}
        value={plan}
        onChange={setPlan}
        options={names.map((name) => [name, name])}
      />
      <ActionButton
        variant="secondary"
        isDisabled={!plan}
        run={() => client.PUT('/plans/{name}/nodes/{node}', { params: { path: { name: plan, node } } })}
        success={t('The plan applies to this node')}
      >
        {t('Assign plan')}
      </ActionButton>
    </div>
  );
}

function BoundPolicy({ node, policy }: { node: string; policy: string }) {
  const { t } = useTranslation();
  const { act } = useActions();
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
      none={t('None (keep all)')}
      value={policy}
      onChange={(name) => void change(name)}
      options={(policies.data?.policies ?? []).map((each) => [each.name, each.name])}
    />
  );
}

/** The plans and the retention policy assigned to a node. */
export function Bindings({ name, plans, policy }: { name: string; plans: string[]; policy: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const all = api.useQuery('get', '/plans');
  const unbound = (all.data?.plans ?? []).map((each) => each.name).filter((each) => !plans.includes(each));
  return (
    <Panel title={t('Plans and policy')}>
      {plans.length === 0 ? <p>{t('No plan is assigned to this node.')}</p> : null}
      {plans.map((plan) => (
        <BoundPlan key={plan} plan={plan} node={name} />
      ))}
      {may('PLAN') && unbound.length > 0 ? <BindPlan node={name} names={unbound} /> : null}
      <div className="hf-inline">
        <span>{t('Policy')}:</span>
        {may('DESTROY') ? <BoundPolicy node={name} policy={policy} /> : <span>{policy || t('None (keep all)')}</span>}
      </div>
    </Panel>
  );
}
