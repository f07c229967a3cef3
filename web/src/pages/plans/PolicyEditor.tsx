import { Alert, Button, List, ListItem } from '@patternfly/react-core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { bind } from '../../api/bindings';
import { api, client } from '../../api/client';
import type { NamedPolicy, Policy } from '../../api/types';
import { useActions } from '../../components/actions';
import { Loaded, Page, Panel } from '../../components/basics';
import { type Editor, EditorForm, useEditor } from '../../components/editor';
import { CheckField, NumberField, TextField } from '../../components/fields';
import { NodesField } from '../../components/planning';
import { useMay } from '../../components/session';
import { msg } from '../../i18n';
import { NEW_POLICY } from '../../lib/plans';
import { describePolicy } from '../../lib/summaries';
import { PolicyPreview } from './PolicyPreview';

const KEEPS: [keyof Policy['keep'], string][] = [
  ['last', msg('Latest snapshots')],
  ['hourly', msg('Hourly')],
  ['daily', msg('Daily')],
  ['weekly', msg('Weekly')],
  ['monthly', msg('Monthly')],
  ['yearly', msg('Yearly')],
  ['withinDays', msg('All snapshots within (days)')],
  ['withinHours', msg('All snapshots within (hours)')],
];
const LIST = '/plans?tab=policies';

type PolicyDraft = Policy & { name: string; nodes: string[] };

const policyOf = ({ keep, lockDays, compliance }: PolicyDraft): Policy => ({ keep, lockDays, compliance });

function PolicyForm({ editor, isNew }: { editor: Editor<PolicyDraft>; isNew: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { draft, set, field, readOnly } = editor;
  return (
    <EditorForm editor={editor} submit={t('Save policy')} cancel={() => void navigate(LIST)}>
      {isNew ? <TextField {...field('name')} label={t('Name')} isRequired /> : null}
      {KEEPS.map(([key, label]) => (
        <NumberField
          key={key}
          label={t(label)}
          isDisabled={readOnly}
          value={draft.keep[key] ?? 0}
          onChange={(value) => set({ keep: { ...draft.keep, [key]: key === 'withinHours' ? value || null : value } })}
        />
      ))}
      <NumberField {...field('lockDays')} label={t('Lock new snapshots for (days)')} />
      <CheckField
        {...field('compliance')}
        label={t('Compliance mode: the lock can be extended, never shortened or removed, even by an administrator')}
        isDisabled={readOnly || draft.lockDays === 0}
      />
      <NodesField {...field('nodes')} label={t('Nodes')} />
    </EditorForm>
  );
}

/** Asks for the name of a policy before it is saved, if it would delete snapshots. */
function useSafeguard(editor: Editor<PolicyDraft>): Editor<PolicyDraft> {
  const { t } = useTranslation();
  const { act, ask } = useActions();
  const [checking, setChecking] = useState(false);
  const { draft } = editor;
  const confirmed = async (): Promise<boolean> => {
    if (draft.nodes.length === 0) {
      return true;
    }
    let deleted = 0;
    const body = { policy: policyOf(draft), nodes: draft.nodes };
    const known = await act(async () => {
      deleted = (await client.POST('/policies/preview', { body })).data?.go ?? 0;
    }, '');
    return (
      known &&
      (deleted === 0 ||
        (await ask({
          title: t('Save policy {{name}} and delete snapshots?', { name: draft.name }),
          text: <p>{t('Snapshots that the next run of this policy deletes permanently: {{go}}.', { go: deleted })}</p>,
          word: draft.name,
          button: t('Save policy'),
        })))
    );
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setChecking(true);
    const sure = await confirmed();
    setChecking(false);
    if (sure) {
      editor.submit(event);
    }
  };
  return {
    ...editor,
    busy: editor.busy || checking,
    submit: (event) => {
      event.preventDefault();
      if (editor.valid && !editor.busy && !checking) {
        void submit(event);
      }
    },
  };
}

function RemovePolicy({ name, removed }: { name: string; removed: () => void }) {
  const { t } = useTranslation();
  const { act, ask } = useActions();
  const remove = async () => {
    const sure = await ask({
      title: t('Delete policy {{name}}?', { name }),
      text: null,
      word: '',
      button: t('Delete'),
    });
    const path = { params: { path: { name } } };
    if (sure && (await act(() => client.DELETE('/policies/{name}', path), t('The policy was deleted')))) {
      removed();
    }
  };
  return (
    <Button variant="link" isDanger onClick={() => void remove()}>
      {t('Delete')}
    </Button>
  );
}

function EditPolicy({ found }: { found: NamedPolicy | null }) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const leave = () => void navigate(LIST);
  const edited = useEditor<PolicyDraft>({
    initial: { ...(found?.policy ?? NEW_POLICY), name: found?.name ?? '', nodes: found?.nodes ?? [] },
    readOnly: !may('DESTROY'),
    validate: ({ name }) => ({ name: name ? undefined : t('Enter a name.') }),
    save: async (draft, base) => {
      const { name } = draft;
      await client.PUT('/policies/{name}', { params: { path: { name } }, body: policyOf(draft) });
      await bind('policies', name, draft.nodes, base.nodes);
    },
    saved: t('The policy was saved'),
    onSaved: leave,
  });
  const editor = useSafeguard(edited);
  const removed = () => {
    editor.discard();
    leave();
  };
  return (
    <Page
      help="retention"
      title={found?.name ?? t('New policy')}
      actions={found && may('PLAN') ? <RemovePolicy name={found.name} removed={removed} /> : null}
    >
      <div className="hf-grid">
        <Panel>
          <PolicyForm editor={editor} isNew={!found} />
        </Panel>
        <Panel title={t('Summary')}>
          <List>
            {describePolicy(editor.draft, t).map((line) => (
              <ListItem key={line}>{line}</ListItem>
            ))}
          </List>
        </Panel>
        <PolicyPreview policy={policyOf(editor.draft)} nodes={editor.draft.nodes} />
      </div>
    </Page>
  );
}

export default function PolicyEditor() {
  const { t } = useTranslation();
  const { name } = useParams();
  const policies = api.useQuery('get', '/policies', {}, { enabled: name !== undefined });
  if (!name) {
    return <EditPolicy key="" found={null} />;
  }
  return (
    <Loaded query={policies}>
      {(data) => {
        const found = data.policies.find((each) => each.name === name);
        return found ? (
          <EditPolicy key={name} found={found} />
        ) : (
          <Page title={name}>
            <Alert
              isInline
              variant="warning"
              title={t('This policy does not exist. It may have been deleted.')}
              component="h2"
            />
          </Page>
        );
      }}
    </Loaded>
  );
}
