import { useTranslation } from 'react-i18next';
import { EditorForm } from '../../components/editor';
import { AlertFields, useChannelEditor } from '../alerts/AlertFields';

/** The first alert channel. A channel that nobody takes messages from is not stored. */
export function AlertStep() {
  const { t } = useTranslation();
  const editor = useChannelEditor({ name: 'alerts', keep: 'alerts' });
  return (
    <EditorForm
      help="alerts"
      editor={editor}
      submit={editor.draft.untested ? t('Save') : t('Save and send a test message')}
    >
      <AlertFields editor={editor} />
    </EditorForm>
  );
}
