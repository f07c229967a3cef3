import {
  Alert,
  Button,
  Card,
  CardBody,
  CardTitle,
  Checkbox,
  Form,
  FormGroup,
  Label,
  List,
  ListItem,
  TextInput,
} from '@patternfly/react-core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { api, client } from '../api/client';
import type { Policy } from '../api/types';
import { useActs } from '../components/acts';
import { Page, Time, Waiting } from '../components/basics';
import { useMay } from '../components/session';
import { VirtualTable } from '../components/VirtualTable';
import { msg } from '../i18n';
import { bytes } from '../lib/format';
import { describePolicy, NEW_POLICY } from '../lib/plans';

const KEEPS: [keyof Policy['keep'], string][] = [
  ['last', msg('The last')],
  ['hourly', msg('Hourly')],
  ['daily', msg('Daily')],
  ['weekly', msg('Weekly')],
  ['monthly', msg('Monthly')],
  ['yearly', msg('Yearly')],
  ['withinDays', msg('All within days')],
];

function Preview({ policy, nodes }: { policy: Policy; nodes: string[] }) {
  const { t } = useTranslation();
  const preview = useMutation({
    mutationFn: async () => (await client.POST('/policies/preview', { body: { policy, nodes } })).data,
  });
  return (
    <Card className="hf-wide">
      <CardTitle component="h2">{t('What it would keep today')}</CardTitle>
      <CardBody className="hf-stack">
        <div className="hf-inline">
          <Button
            variant="secondary"
            isLoading={preview.isPending}
            onClick={() => preview.mutate()}
            isDisabled={nodes.length === 0}
          >
            {t('Try it on the present snapshots')}
          </Button>
          <span className="hf-subtle">{t('Nothing is changed by that.')}</span>
        </div>
        {preview.isError ? <Alert isInline variant="danger" title={preview.error.message} component="h3" /> : null}
        {preview.data ? (
          <>
            <p role="status">
              {t('{{stay}} snapshots stay, {{go}} go, which frees at least {{bytes}}.', {
                stay: preview.data.stay,
                go: preview.data.go,
                bytes: bytes(preview.data.freedBytes),
              })}
            </p>
            <VirtualTable
              label={t('Snapshots')}
              height="45vh"
              rows={preview.data.snapshots}
              rowKey={(row) => row.id}
              more={false}
              loadMore={() => {}}
              loading={false}
              columns={[
                { title: t('Node'), cell: (row) => row.node },
                { title: t('Taken'), cell: (row) => <Time at={row.taken} /> },
                {
                  title: t('Fate'),
                  cell: (row) => (
                    <Label isCompact status={row.reasons.length > 0 ? 'success' : 'warning'}>
                      {row.reasons.length > 0 ? t('stays') : t('goes')}
                    </Label>
                  ),
                },
                { title: t('Why'), cell: (row) => row.reasons.join(', ') },
              ]}
            />
          </>
        ) : null}
      </CardBody>
    </Card>
  );
}

function Editor({ known, first, bound }: { known: string; first: Policy; bound: string[] }) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const { act, ask } = useActs();
  const [name, setName] = useState(known);
  const [policy, setPolicy] = useState(first);
  const [nodes, setNodes] = useState(bound);
  const all = api.useQuery('get', '/nodes');
  const readOnly = !may('DESTROY');
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const done = await act(
      async () => {
        await client.PUT('/policies/{name}', { params: { path: { name } }, body: policy });
        for (const node of nodes.filter((each) => !bound.includes(each))) {
          await client.PUT('/policies/{name}/nodes/{node}', { params: { path: { name, node } } });
        }
        for (const node of bound.filter((each) => !nodes.includes(each))) {
          await client.DELETE('/policies/{name}/nodes/{node}', { params: { path: { name, node } } });
        }
      },
      t('The policy {{name}} is in force', { name }),
    );
    if (done) {
      void navigate('/plans?tab=policies');
    }
  };
  const remove = async () => {
    if (await ask({ title: t('Remove the policy {{name}}?', { name }), text: null, word: '', button: t('Remove') })) {
      if (
        await act(() => client.DELETE('/policies/{name}', { params: { path: { name } } }), t('The policy was removed'))
      ) {
        void navigate('/plans?tab=policies');
      }
    }
  };
  return (
    <Page
      title={known || t('New policy')}
      actions={
        known && may('PLAN') ? (
          <Button variant="link" isDanger onClick={() => void remove()}>
            {t('Remove')}
          </Button>
        ) : null
      }
    >
      <div className="hf-grid">
        <Card>
          <CardBody>
            <Form onSubmit={(event) => void save(event)}>
              {known ? null : (
                <FormGroup label={t('Name')} isRequired fieldId="name">
                  <TextInput id="name" value={name} onChange={(_, value) => setName(value)} />
                </FormGroup>
              )}
              {KEEPS.map(([field, label]) => (
                <FormGroup key={field} label={t(label)} fieldId={field}>
                  <TextInput
                    id={field}
                    type="number"
                    min={0}
                    isDisabled={readOnly}
                    value={policy.keep[field] ?? 0}
                    onChange={(_, value) =>
                      setPolicy({ ...policy, keep: { ...policy.keep, [field]: Math.max(0, Number(value) || 0) } })
                    }
                  />
                </FormGroup>
              ))}
              <FormGroup label={t('Lock new snapshots, in days')} fieldId="lock">
                <TextInput
                  id="lock"
                  type="number"
                  min={0}
                  isDisabled={readOnly}
                  value={policy.lockDays}
                  onChange={(_, value) => setPolicy({ ...policy, lockDays: Math.max(0, Number(value) || 0) })}
                />
              </FormGroup>
              <Checkbox
                id="compliance"
                label={t('Compliance: nobody can shorten or undo it, the administrator included')}
                isDisabled={readOnly || policy.lockDays === 0}
                isChecked={policy.compliance}
                onChange={(_, checked) => setPolicy({ ...policy, compliance: checked })}
              />
              <FormGroup label={t('Nodes')} role="group" fieldId="nodes">
                {(all.data?.nodes ?? []).map((node) => (
                  <Checkbox
                    key={node.name}
                    id={`node-${node.name}`}
                    label={node.name}
                    isDisabled={readOnly}
                    isChecked={nodes.includes(node.name)}
                    onChange={(_, checked) =>
                      setNodes(checked ? [...nodes, node.name] : nodes.filter((each) => each !== node.name))
                    }
                  />
                ))}
              </FormGroup>
              {readOnly ? null : (
                <div className="hf-inline">
                  <Button type="submit" isDisabled={!name}>
                    {t('Save the policy')}
                  </Button>
                  <Button variant="link" onClick={() => void navigate('/plans?tab=policies')}>
                    {t('Cancel')}
                  </Button>
                </div>
              )}
            </Form>
          </CardBody>
        </Card>
        <Card>
          <CardTitle component="h2">{t('In words')}</CardTitle>
          <CardBody>
            <List>
              {describePolicy(policy, t).map((line) => (
                <ListItem key={line}>{line}</ListItem>
              ))}
            </List>
          </CardBody>
        </Card>
        <Preview policy={policy} nodes={nodes} />
      </div>
    </Page>
  );
}

export default function PolicyEditor() {
  const { t } = useTranslation();
  const { name } = useParams();
  const policies = api.useQuery('get', '/policies');
  if (!name) {
    return <Editor known="" first={NEW_POLICY} bound={[]} />;
  }
  if (!policies.data) {
    return <Waiting />;
  }
  const found = policies.data.policies.find((each) => each.name === name);
  return found ? (
    <Editor key={`${name} ${found.nodes.join()}`} known={name} first={found.policy} bound={found.nodes} />
  ) : (
    <Page title={name}>
      <Alert isInline variant="warning" title={t('There is no such policy.')} component="h2" />
    </Page>
  );
}
