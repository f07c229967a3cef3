import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import { FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { TextField } from '../../components/fields';

/** Pauses a plan until a given time or until it is resumed. */
export function PauseDialog({ plan, close }: { plan: string; close: () => void }) {
  const { t } = useTranslation();
  const editor = useEditor({
    initial: { until: '' },
    save: ({ until }) =>
      client.PUT('/plans/{name}/pause', {
        params: { path: { name: plan } },
        body: { until: until ? new Date(until).toISOString() : null },
      }),
    saved: t('The plan was paused'),
    onSaved: close,
  });
  return (
    <FormDialog
      title={t('Pause plan {{name}}', { name: plan })}
      help="plan"
      editor={editor}
      submit={t('Pause')}
      close={close}
    >
      <TextField
        {...editor.field('until')}
        label={t('Resume at')}
        type="datetime-local"
        help={t(
          'In your time zone. The plan resumes automatically at this time; until then, no backup becomes overdue. If empty, the plan remains paused until it is resumed, and its backups become overdue.',
        )}
      />
    </FormDialog>
  );
}
