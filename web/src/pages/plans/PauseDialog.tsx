import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import { FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { TextField } from '../../components/fields';

/** Pauses a plan, until a moment in the user's own time or until somebody resumes it. */
export function PauseDialog({ plan, close }: { plan: string; close: () => void }) {
  const { t } = useTranslation();
  const editor = useEditor({
    initial: { until: '' },
    save: ({ until }) =>
      client.PUT('/plans/{name}/pause', {
        params: { path: { name: plan } },
        body: { until: until ? new Date(until).toISOString() : null },
      }),
    saved: t('Nothing is ordered by this plan'),
    onSaved: close,
  });
  return (
    <FormDialog title={t('Pause the plan {{name}}', { name: plan })} editor={editor} submit={t('Pause')} close={close}>
      <TextField
        {...editor.field('until')}
        label={t('Resumes at')}
        type="datetime-local"
        help={t(
          'In your own time. The plan resumes by itself then, and no snapshot is overdue before. Empty: it stays paused until somebody resumes it, and its snapshots count as overdue.',
        )}
      />
    </FormDialog>
  );
}
