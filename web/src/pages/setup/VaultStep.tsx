import { useTranslation } from 'react-i18next';
import { EditorForm } from '../../components/editor';
import { useVaultEditor, VaultFields } from '../vaults/VaultFields';

/** The appliance's first vault. */
export function VaultStep() {
  const { t } = useTranslation();
  const editor = useVaultEditor({ name: 'vault', keep: 'vault' });
  return (
    <EditorForm help="vault" editor={editor} submit={t('Save the vault')}>
      <VaultFields editor={editor} isCopy={false} />
    </EditorForm>
  );
}
