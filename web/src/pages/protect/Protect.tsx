import { Alert, Title } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { api } from '../../api/client';
import type { NamedPlan, NamedPolicy, Node } from '../../api/types';
import { Loaded, Page, Panel } from '../../components/basics';
import { type Editor, EditorForm, useEditor } from '../../components/editor';
import { SelectField, TextField } from '../../components/fields';
import { FoldersField } from '../../components/folders';
import { ScheduleField } from '../../components/planning';
import { useMay } from '../../components/session';
import { describePolicy, sourcesOf } from '../../lib/summaries';
import { TagsEditor } from '../nodes/tags';
import { FirstBackup } from './FirstBackup';
import { freeName, offered, type ProtectionDraft, protect, STANDARD } from './protection';

type Known = { node: Node; plans: NamedPlan[]; policies: NamedPolicy[] };

function useProtection({ node, plans, policies }: Known, started: (task: number) => void) {
  const { t } = useTranslation();
  const may = useMay();
  const [initial] = useState<ProtectionDraft>(() => ({
    plan: '',
    name: freeName(node.name, plans),
    what: 'all',
    paths: [],
    schedule: '0 1 * * *',
    policy: node.policy || (may('DESTROY') ? STANDARD : ''),
  }));
  return useEditor<ProtectionDraft>({
    initial,
    validate: ({ plan, name, what, paths }) => ({
      name: plan || name ? undefined : t('Enter a name.'),
      paths: plan || what === 'all' || paths.length > 0 ? undefined : t('Select at least one folder.'),
    }),
    save: async (draft) => {
      const task = await protect(node, draft, policies);
      if (task !== undefined) {
        started(task);
      }
    },
    saved: '',
  });
}

function WhatFields({ editor, node }: { editor: Editor<ProtectionDraft>; node: Node }) {
  const { t } = useTranslation();
  const { draft, field } = editor;
  return (
    <>
      <SelectField
        {...field('what')}
        label={t('What is backed up')}
        options={[
          ['all', t('The whole machine')],
          ['folders', t('Selected folders')],
        ]}
      />
      {draft.what === 'folders' ? <FoldersField {...field('paths')} node={node.name} label={t('Folders')} /> : null}
      <ScheduleField {...field('schedule')} label={t('Schedule')} />
    </>
  );
}

function RetentionField({ editor, known }: { editor: Editor<ProtectionDraft>; known: Known }) {
  const { t } = useTranslation();
  const may = useMay();
  const { node, policies } = known;
  if (node.policy) {
    return null;
  }
  if (!may('DESTROY')) {
    return (
      <Alert
        isInline
        variant="info"
        component="p"
        title={t('All snapshots are kept until an administrator assigns a retention policy.')}
      />
    );
  }
  const keeps = t('Keep all snapshots: the storage used grows without limit');
  return (
    <SelectField
      {...editor.field('policy')}
      label={t('Retention')}
      options={[
        ...offered(policies).map(({ name, policy }) => [name, `${name}: ${describePolicy(policy, t)[0]}`] as const),
        ['', keeps],
      ]}
      help={t('Older snapshots are deleted automatically.')}
    />
  );
}

function ProtectForm({ known, started }: { known: Known; started: (task: number) => void }) {
  const { t } = useTranslation();
  const editor = useProtection(known, started);
  const { node, plans } = known;
  const { draft, field } = editor;
  return (
    <Panel title={t('Protect {{node}}', { node: node.name })}>
      <EditorForm help="plan" editor={editor} submit={t('Save and start the first backup')}>
        {plans.length > 0 ? (
          <SelectField
            {...field('plan')}
            label={t('Plan')}
            options={[
              ['', t('New plan')],
              ...plans.map(({ name, plan }) => [name, `${name}: ${sourcesOf(plan, t)}`] as const),
            ]}
          />
        ) : null}
        {draft.plan ? null : (
          <>
            <WhatFields editor={editor} node={node} />
            <TextField {...field('name')} label={t('Name of the plan')} isRequired />
          </>
        )}
        <RetentionField editor={editor} known={known} />
      </EditorForm>
      <section aria-label={t('Tags')}>
        <Title headingLevel="h3" size="md">
          {t('Tags')}
        </Title>
        <TagsEditor node={node} />
      </section>
    </Panel>
  );
}

/** Assigns a plan and a retention policy to a machine, and shows its first backup. */
export function Protect({ node, started }: { node: Node; started?: () => void }) {
  const plans = api.useQuery('get', '/plans');
  const policies = api.useQuery('get', '/policies');
  const [task, setTask] = useState<number | null>(null);
  if (task !== null) {
    return <FirstBackup node={node.name} task={task} />;
  }
  return (
    <Loaded query={plans}>
      {(allPlans) => (
        <Loaded query={policies}>
          {(allPolicies) => (
            <ProtectForm
              known={{ node, plans: allPlans.plans, policies: allPolicies.policies }}
              started={(made) => {
                setTask(made);
                started?.();
              }}
            />
          )}
        </Loaded>
      )}
    </Loaded>
  );
}

export default function ProtectPage() {
  const { t } = useTranslation();
  const { name = '' } = useParams();
  const query = api.useQuery('get', '/nodes/{name}', { params: { path: { name } } });
  return (
    <Page title={t('Protect this machine')} intro={<Link to={`/nodes/${name}`}>{name}</Link>}>
      <Loaded query={query}>{({ node }) => <Protect node={node} />}</Loaded>
    </Page>
  );
}
