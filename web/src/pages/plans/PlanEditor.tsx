import { Alert } from '@patternfly/react-core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { bind } from '../../api/bindings';
import { api, client } from '../../api/client';
import type { NamedPlan } from '../../api/types';
import { Loaded, Page, Panel } from '../../components/basics';
import { useEditor } from '../../components/editor';
import { useMay, useSession } from '../../components/session';
import { Time } from '../../components/Time';
import { TaskList } from '../../components/tasks';
import { draftOf, newDraft, type PlanDraft, planOf } from '../../lib/plans';
import { PlanActions } from './PlanActions';
import { PlanForm } from './PlanForm';
import { PlanPreview } from './PlanPreview';

function usePlanEditor(found: NamedPlan | null, readOnly: boolean, leave: () => void) {
  const { t } = useTranslation();
  const initial = useMemo(() => (found ? draftOf(found.name, found.plan, found.nodes) : newDraft()), [found]);
  return useEditor<PlanDraft>({
    initial,
    readOnly,
    validate: (draft) => ({
      name: draft.name ? undefined : t('Enter a name.'),
      priority: draft.priority > 100 ? t('The value must not exceed {{most}}.', { most: 100 }) : undefined,
    }),
    save: async (draft, base) => {
      const { name } = draft;
      await client.PUT('/plans/{name}', { params: { path: { name } }, body: planOf(draft) });
      await bind('plans', name, draft.nodes, base.nodes);
    },
    saved: t('The plan was saved'),
    onSaved: leave,
  });
}

function PausedNote({ until }: { until: string | null | undefined }) {
  const { t } = useTranslation();
  return (
    <Alert isInline className="hf-wide" variant="warning" title={t('This plan is paused')} component="h2">
      {until ? (
        <>
          {t('The plan resumes automatically at')} <Time at={until} />
        </>
      ) : (
        t('The plan remains paused until it is resumed. Its backups become overdue.')
      )}
    </Alert>
  );
}

function EditPlan({ found }: { found: NamedPlan | null }) {
  const { t } = useTranslation();
  const may = useMay();
  const session = useSession();
  const navigate = useNavigate();
  const leave = () => void navigate('/plans');
  const readOnly = !may('PLAN') || !session.allNodes;
  const editor = usePlanEditor(found, readOnly, leave);
  const plan = useMemo(() => planOf(editor.draft), [editor.draft]);
  const removed = () => {
    editor.discard();
    leave();
  };
  return (
    <Page
      help="plan"
      title={found?.name ?? t('New plan')}
      actions={
        found ? <PlanActions name={found.name} paused={found.paused} readOnly={readOnly} removed={removed} /> : null
      }
    >
      <div className="hf-grid">
        {found?.paused ? <PausedNote until={found.pausedUntil} /> : null}
        <Panel>
          <PlanForm editor={editor} isNew={!found} />
        </Panel>
        <PlanPreview plan={plan} />
        {found ? (
          <Panel className="hf-wide" title={t('History')}>
            <TaskList filter={{ plan: found.name }} height="40vh" />
          </Panel>
        ) : null}
      </div>
    </Page>
  );
}

export default function PlanEditor() {
  const { t } = useTranslation();
  const { name } = useParams();
  const plans = api.useQuery('get', '/plans', {}, { enabled: name !== undefined });
  if (!name) {
    return <EditPlan key="" found={null} />;
  }
  return (
    <Loaded query={plans}>
      {(data) => {
        const found = data.plans.find((each) => each.name === name);
        return found ? (
          <EditPlan key={name} found={found} />
        ) : (
          <Page title={name}>
            <Alert
              isInline
              variant="warning"
              title={t('This plan does not exist. It may have been deleted.')}
              component="h2"
            />
          </Page>
        );
      }}
    </Loaded>
  );
}
