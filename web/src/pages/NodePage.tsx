import {
  Alert,
  Button,
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  FormSelect,
  FormSelectOption,
  Label,
} from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { api, client } from '../api/client';
import { useActs } from '../components/acts';
import { Failure, Loaded, Nothing, Page, Time } from '../components/basics';
import { useMay } from '../components/session';
import { SnapshotTable } from '../components/snapshots';
import { TaskList } from '../components/tasks';
import { bytes, count, duration, rate } from '../lib/format';
import { EnrolDialog, NodeState } from './Nodes';

function Bindings({ name, plans, policy }: { name: string; plans: string[]; policy: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const { act } = useActs();
  const allPlans = api.useQuery('get', '/plans');
  const allPolicies = api.useQuery('get', '/policies');
  const [plan, setPlan] = useState('');
  const unbound = (allPlans.data?.plans ?? []).filter((each) => !plans.includes(each.name));
  return (
    <Card>
      <CardTitle component="h2">{t('Plans and policy')}</CardTitle>
      <CardBody className="hf-stack">
        {plans.length === 0 ? <p>{t('No plan backs this node up.')}</p> : null}
        {plans.map((each) => (
          <div key={each} className="hf-inline">
            <Link to={`/plans/${each}`}>{each}</Link>
            {may('OPERATE') ? (
              <Button
                size="sm"
                variant="secondary"
                onClick={() =>
                  void act(
                    () =>
                      client.POST('/plans/{name}/run', {
                        params: { path: { name: each } },
                        body: { nodes: [name], fullRead: false },
                      }),
                    t('A backup was ordered'),
                  )
                }
              >
                {t('Back up now')}
              </Button>
            ) : null}
            {may('PLAN') ? (
              <Button
                size="sm"
                variant="link"
                onClick={() =>
                  void act(
                    () => client.DELETE('/plans/{name}/nodes/{node}', { params: { path: { name: each, node: name } } }),
                    t('The plan counts no more for this node'),
                  )
                }
              >
                {t('Take away')}
              </Button>
            ) : null}
          </div>
        ))}
        {may('PLAN') && unbound.length > 0 ? (
          <div className="hf-inline">
            <div className="hf-select">
              <FormSelect aria-label={t('Plan')} value={plan} onChange={(_, value) => setPlan(value)}>
                <FormSelectOption value="" label={t('Choose a plan')} isPlaceholder />
                {unbound.map((each) => (
                  <FormSelectOption key={each.name} value={each.name} label={each.name} />
                ))}
              </FormSelect>
            </div>
            <Button
              variant="secondary"
              isDisabled={!plan}
              onClick={() =>
                void act(
                  () => client.PUT('/plans/{name}/nodes/{node}', { params: { path: { name: plan, node: name } } }),
                  t('The plan counts for this node'),
                )
              }
            >
              {t('Give it this plan')}
            </Button>
          </div>
        ) : null}
        <div className="hf-inline">
          <span>{t('Policy')}:</span>
          {may('DESTROY') ? (
            <div className="hf-select">
              {' '}
              <FormSelect
                aria-label={t('Policy')}
                value={policy}
                onChange={(_, value) =>
                  void act(
                    () =>
                      value
                        ? client.PUT('/policies/{name}/nodes/{node}', { params: { path: { name: value, node: name } } })
                        : client.DELETE('/policies/{name}/nodes/{node}', {
                            params: { path: { name: policy, node: name } },
                          }),
                    t('The policy was changed'),
                  )
                }
              >
                <FormSelectOption value="" label={t('keeps all')} />
                {(allPolicies.data?.policies ?? []).map((each) => (
                  <FormSelectOption key={each.name} value={each.name} label={each.name} />
                ))}
              </FormSelect>
            </div>
          ) : (
            <span>{policy || t('keeps all')}</span>
          )}
        </div>
      </CardBody>
    </Card>
  );
}

/** Says why something of a node is on hold, if it is, and lets those who may end that. */
function Held(props: {
  name: string;
  variant: 'danger' | 'warning';
  title: string;
  why: string;
  act: 'resume' | 'release' | 'release-identity';
  label: string;
  done: string;
}) {
  const may = useMay();
  const { act } = useActs();
  if (!props.why) {
    return null;
  }
  return (
    <Alert
      isInline
      variant={props.variant}
      title={props.title}
      actionLinks={
        may('DESTROY') ? (
          <Button
            variant="link"
            isInline
            onClick={() =>
              void act(
                () => client.POST(`/nodes/{name}/${props.act}`, { params: { path: { name: props.name } } }),
                props.done,
              )
            }
          >
            {props.label}
          </Button>
        ) : null
      }
    >
      {props.why}
    </Alert>
  );
}

export default function NodePage() {
  const { t } = useTranslation();
  const { name = '' } = useParams();
  const may = useMay();
  const { act, ask } = useActs();
  const [enrolling, setEnrolling] = useState(false);
  const detail = api.useQuery('get', '/nodes/{name}', { params: { path: { name } } });
  if (detail.isError) {
    return (
      <Page title={name}>
        <Failure error={detail.error} />
      </Page>
    );
  }
  const revoke = async () => {
    const sure = await ask({
      title: t('Revoke {{node}}?', { node: name }),
      text: <p>{t('It gets no more access, at once. Its snapshots stay, and can be restored to other nodes.')}</p>,
      word: name,
      button: t('Revoke'),
    });
    if (sure) {
      await act(() => client.DELETE('/nodes/{name}', { params: { path: { name } } }), t('The node was revoked'));
    }
  };
  const active = detail.data?.node.active ?? false;
  return (
    <Page
      title={name}
      actions={
        <>
          {may('OPERATE') && active ? (
            <Button
              variant="secondary"
              onClick={() =>
                void act(
                  () => client.POST('/nodes/{name}/drill', { params: { path: { name } } }),
                  t('A rehearsed restore was ordered'),
                )
              }
            >
              {t('Rehearse a restore')}
            </Button>
          ) : null}
          {may('BROWSE') ? (
            <Link className="pf-v6-c-button pf-m-secondary" to={`/restore?node=${encodeURIComponent(name)}`}>
              {t('Restore')}
            </Link>
          ) : null}
          {may('NODES') && may('RESTORE') ? (
            <Button variant="secondary" onClick={() => setEnrolling(true)}>
              {t('New certificate')}
            </Button>
          ) : null}
          {may('NODES') && active ? (
            <Button variant="danger" onClick={() => void revoke()}>
              {t('Revoke')}
            </Button>
          ) : null}
        </>
      }
    >
      <Loaded query={detail}>
        {({ node, fingerprint, storedBytes, ownBytes, rehearsals }) => (
          <div className="hf-stack">
            <Held
              name={name}
              variant="danger"
              title={t('No backups are taken from this node')}
              why={node.suspended}
              act="resume"
              label={t('The machine is sound: resume')}
              done={t('Backups are taken again')}
            />
            <Held
              name={name}
              variant="danger"
              title={t('Two machines use the identity of this node')}
              why={node.identityCopied}
              act="release-identity"
              label={t('The machine that must go is stopped: let the next one have it')}
              done={t('The next machine that connects has the identity')}
            />
            <Held
              name={name}
              variant="warning"
              title={t('Nothing of this node is forgotten until somebody looks')}
              why={node.frozen}
              act="release"
              label={t('All is well: let policies count again')}
              done={t('Policies count again')}
            />
            <div className="hf-grid">
              <Card>
                <CardTitle component="h2">{t('Node')}</CardTitle>
                <CardBody>
                  <DescriptionList isHorizontal isCompact>
                    {(
                      [
                        [t('State'), <NodeState key="s" node={node} />],
                        [t('Platform'), node.platform],
                        [t('Enrolled'), <Time key="e" at={node.enrolledAt} />],
                        [t('Last seen'), <Time key="l" at={node.seenAt} />],
                        [t('Last success'), <Time key="g" at={node.lastSnapshot} />],
                        [t('Room it refers to'), storedBytes < 0 ? t('not reckoned yet') : bytes(storedBytes)],
                        [t('Room of its own'), ownBytes < 0 ? t('not reckoned yet') : bytes(ownBytes)],
                        [t('Certificate'), <code key="f">{fingerprint.slice(0, 16)}…</code>],
                      ] as const
                    ).map(([term, value]) => (
                      <DescriptionListGroup key={term}>
                        <DescriptionListTerm>{term}</DescriptionListTerm>
                        <DescriptionListDescription>{value}</DescriptionListDescription>
                      </DescriptionListGroup>
                    ))}
                  </DescriptionList>
                </CardBody>
              </Card>
              <Bindings name={name} plans={node.plans} policy={node.policy} />
              <Card className="hf-wide">
                <CardTitle component="h2">{t('Rehearsed restores')}</CardTitle>
                <CardBody className="hf-scroll">
                  {rehearsals.length === 0 ? (
                    <Nothing title={t('None yet')}>
                      {t('A week after its first snapshot they begin by themselves.')}
                    </Nothing>
                  ) : (
                    <Table variant="compact" aria-label={t('Rehearsed restores')}>
                      <Thead>
                        <Tr>
                          <Th>{t('When')}</Th>
                          <Th>{t('Result')}</Th>
                          <Th>{t('Sample')}</Th>
                          <Th>{t('RTO of all')}</Th>
                        </Tr>
                      </Thead>
                      <Tbody>
                        {rehearsals.map((each) => (
                          <Tr key={each.task}>
                            <Td>
                              <Link to={`/tasks/${each.task}`}>
                                <Time at={each.at} />
                              </Link>
                            </Td>
                            <Td>
                              <Label isCompact status={each.passed ? 'success' : 'danger'}>
                                {each.passed ? t('Passed') : t('Failed')}
                              </Label>
                            </Td>
                            <Td>
                              {t('{{files}} files', { files: count(each.files) })}, {bytes(each.bytes)},{' '}
                              {rate(each.bytes / Math.max(0.001, each.millis / 1000))}
                            </Td>
                            <Td>{duration(each.rtoSeconds)}</Td>
                          </Tr>
                        ))}
                      </Tbody>
                    </Table>
                  )}
                </CardBody>
              </Card>
            </div>
            <Card>
              <CardTitle component="h2">{t('Snapshots')}</CardTitle>
              <CardBody>
                <SnapshotTable node={name} />
              </CardBody>
            </Card>
            <Card>
              <CardTitle component="h2">{t('History')}</CardTitle>
              <CardBody>
                <TaskList filter={{ node: name }} height="40vh" />
              </CardBody>
            </Card>
          </div>
        )}
      </Loaded>
      {enrolling ? <EnrolDialog node={name} close={() => setEnrolling(false)} /> : null}
    </Page>
  );
}
