import { Alert } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { api, client, once } from '../../api/client';
import type { RestorePlan } from '../../api/types';
import { Loaded } from '../../components/basics';
import { FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { SelectField } from '../../components/fields';
import { Terms } from '../../components/Terms';
import { bytes, count, duration } from '../../lib/format';
import { type Allowed, place } from '../../lib/targets';
import { TargetFields, useAllowed, useTargetErrors } from './target';

const SHOWN_DAMAGED = 20;

type Props = { snapshot: string; node: string; paths: string[] };

function Estimate({ plan }: { plan: RestorePlan }) {
  const { t } = useTranslation();
  const size = `${count(plan.files)}, ${bytes(plan.bytes)}`;
  return (
    <>
      <Terms
        of={[
          [t('Files'), plan.complete ? size : `${size} ${t('at least')}`],
          [t('From the appliance'), bytes(plan.localBytes)],
          ...(plan.cloudBytes > 0 ? [[t('From the vault'), bytes(plan.cloudBytes)] as const] : []),
          ...(plan.frozenBytes > 0 ? [[t('To be thawed'), `${bytes(plan.frozenBytes)}, ${plan.thaw}`] as const] : []),
          [t('Estimated duration'), duration(plan.seconds)],
        ]}
      />
      {plan.damagedFiles > 0 ? (
        <Alert
          isInline
          variant="danger"
          component="h3"
          title={t('Damaged files in this selection: {{files}}. They would be missing after the restore.', {
            files: count(plan.damagedFiles),
          })}
          actionLinks={<Link to="/damage">{t('Show damaged files')}</Link>}
        >
          <ul className="hf-need-text">
            {plan.damaged.slice(0, SHOWN_DAMAGED).map((path) => (
              <li key={path}>
                <code>{path}</code>
              </li>
            ))}
          </ul>
          {plan.damagedFiles > SHOWN_DAMAGED ? '…' : null}
        </Alert>
      ) : null}
      {plan.lostChunks > 0 ? (
        <Alert
          isInline
          variant="danger"
          component="h3"
          title={t('{{count}} chunks are damaged or lost', { count: plan.lostChunks })}
        />
      ) : null}
    </>
  );
}

/** The editor of the restore form. Saving it requests the restore. */
function useRestoreOrder({ snapshot, node, paths }: Props, targets: string[], allowed: Allowed, close: () => void) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const task = useRef<number>(undefined);
  const targetErrors = useTargetErrors(allowed);
  return useEditor({
    initial: { node, below: '', target: '', overwrite: 'if-changed' },
    validate: (draft) => ({
      node: targets.includes(draft.node) ? undefined : t('Select a node'),
      ...targetErrors(draft),
    }),
    save: async (draft) => {
      const { data } = await client.POST('/snapshots/{id}/restore', {
        params: { path: { id: snapshot } },
        body: { node: draft.node, target: place(draft, allowed), overwrite: draft.overwrite, paths },
        headers: once(),
      });
      task.current = data?.task;
    },
    saved: t('The restore was requested'),
    onSaved: () => {
      close();
      if (task.current !== undefined) {
        void navigate(`/tasks/${task.current}`);
      }
    },
  });
}

export function RestoreDialog({ close, ...what }: Props & { close: () => void }) {
  const { t } = useTranslation();
  const { snapshot, node, paths } = what;
  const nodes = api.useQuery('get', '/nodes');
  // A retired or revoked node is restored to another one.
  const active = (nodes.data?.nodes ?? []).filter((each) => each.active);
  const names = active.map((each) => each.name);
  const [to, setTo] = useState(node);
  const allowed = useAllowed(to);
  const editor = useRestoreOrder(what, names, allowed, close);
  const toNode = editor.field('node');
  const plan = useQuery({
    queryKey: ['restore-plan', snapshot, paths],
    queryFn: async () =>
      (await client.POST('/snapshots/{id}/restore-plan', { params: { path: { id: snapshot } }, body: { paths } })).data,
    retry: false,
  });
  const away = active.find((each) => each.name === editor.draft.node)?.connected === false;
  return (
    <FormDialog
      variant="medium"
      title={t('Restore')}
      description={paths.length === 0 ? t('Entire snapshot') : paths.slice(0, 5).join(', ')}
      editor={editor}
      submit={(plan.data?.damagedFiles ?? 0) > 0 ? t('Restore everything else') : t('Start restore')}
      close={close}
    >
      <section aria-label={t('Estimate')} aria-live="polite">
        <Loaded query={plan}>{(estimate) => (estimate ? <Estimate plan={estimate} /> : null)}</Loaded>
      </section>
      <SelectField
        {...toNode}
        onChange={(name) => {
          setTo(name);
          toNode.onChange(name);
        }}
        label={t('Target node')}
        options={[
          ...(names.includes(editor.draft.node) ? [] : [[editor.draft.node, t('Select a node')] as const]),
          ...names.map((name) => [name, name === node ? t('{{node}} (original)', { node: name }) : name] as const),
        ]}
      />
      <TargetFields editor={editor} allowed={allowed} />
      <SelectField
        {...editor.field('overwrite')}
        label={t('Existing files')}
        options={[
          ['if-changed', t('Replace if different')],
          ['quick', t('Replace if size or time differs')],
          ['if-newer', t('Replace if the snapshot’s file is newer')],
          ['always', t('Always replace')],
          ['never', t('Never replace')],
        ]}
      />
      {away ? (
        <Alert
          isInline
          variant="warning"
          component="h3"
          title={t('The node is offline. The restore starts when its client service connects.')}
        />
      ) : null}
    </FormDialog>
  );
}
