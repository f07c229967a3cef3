import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import { FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { TryButton } from '../../components/trying';
import { Passed } from './Tested';
import { KeyFields, useVaultEditor, VaultFields } from './VaultFields';

/** Sets a further vault; the first is the appliance's vault, others are copies of it. */
export function NewVaultDialog({ isCopy, close }: { isCopy: boolean; close: () => void }) {
  const { t } = useTranslation();
  const editor = useVaultEditor({ name: isCopy ? '' : 'vault', onSaved: close });
  return (
    <FormDialog
      variant="medium"
      title={isCopy ? t('Add a copy of the vault') : t('Set up the vault')}
      help="vault"
      editor={editor}
      submit={t('Save the vault')}
      close={close}
    >
      <VaultFields editor={editor} isCopy={isCopy} />
    </FormDialog>
  );
}

/** Replaces the access key of a bucket. */
export function CredentialsDialog({ name, close }: { name: string; close: () => void }) {
  const { t } = useTranslation();
  const params = { path: { name } };
  const put = (draft: { keyId: string; keySecret: string }, dryRun: boolean) =>
    client.PUT('/vaults/{name}/credentials', {
      params,
      body: { credentials: { accessKeyId: draft.keyId, accessKeySecret: draft.keySecret }, dryRun },
    });
  const test = async () => {
    const { data } = await put(editor.draft, true);
    return data ? <Passed tried={data} bucket /> : null;
  };
  const missing = t('This field is required.');
  const editor = useEditor({
    initial: { keyId: '', keySecret: '' },
    validate: ({ keyId, keySecret }) => ({
      keyId: keyId ? undefined : missing,
      keySecret: keySecret ? undefined : missing,
    }),
    save: (draft) => put(draft, false),
    saved: t('The access key was replaced'),
    onSaved: close,
  });
  return (
    <FormDialog
      variant="medium"
      title={t('Replace the access key of vault {{name}}', { name })}
      help="vault"
      editor={editor}
      submit={t('Replace')}
      close={close}
    >
      <p>
        {t(
          'The appliance uses the new key within seconds. Transfers in progress end with the current key: delete it at Alibaba Cloud once they have ended.',
        )}
      </p>
      <KeyFields editor={editor} />
      <TryButton draft={editor.draft} label={t('Test connection')} isDisabled={!editor.valid} run={test} />
    </FormDialog>
  );
}
