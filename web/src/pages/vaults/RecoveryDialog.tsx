import { Alert, Button } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import type { RecoverySheet } from '../../api/types';
import { Copyable } from '../../components/basics';
import { Dialog, FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { PasswordField } from '../../components/fields';
import { time } from '../../lib/format';

function Sheet({ sheet, close }: { sheet: RecoverySheet; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog
      variant="medium"
      title={t('Recovery sheet')}
      description={t('Print this sheet and keep it away from the appliance. The key is shown only once.')}
      close={close}
      closeLabel={t('Close')}
      actions={<Button onClick={() => window.print()}>{t('Print')}</Button>}
    >
      <p>
        {t('Appliance')}: {sheet.appliance}, {time(sheet.at)}
      </p>
      <Copyable text={sheet.recoveryKey} label={t('Recovery key')} />
      {sheet.vaults.map((each) => (
        <p key={each.name}>
          {each.name}: {each.url} {each.region ? `(${each.region})` : ''}, {t('root')} {each.root}
        </p>
      ))}
      <p>
        {t('On a new machine:')}{' '}
        <code>
          holdfast appliance recover --from {sheet.vaults[0]?.url ?? 'URL'} --data DIR --recovery-key-file FILE
        </code>
      </p>
    </Dialog>
  );
}

/** Creates a new recovery key and shows it once, with the other data that a recovery needs. */
export function RecoveryDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [sheet, setSheet] = useState<RecoverySheet | null>(null);
  const editor = useEditor({
    initial: { passphrase: '' },
    save: async ({ passphrase }) => {
      const { data } = await client.POST('/recovery-key', { body: passphrase ? { passphrase } : {} });
      setSheet(data ?? null);
    },
    saved: '',
  });
  if (sheet) {
    return <Sheet sheet={sheet} close={close} />;
  }
  return (
    <FormDialog
      variant="medium"
      title={t('Recovery sheet')}
      editor={editor}
      submit={t('Create new recovery key')}
      isDanger
      close={close}
    >
      <Alert
        isInline
        variant="warning"
        component="h3"
        title={t(
          'A new recovery key replaces the current one. The current key still opens existing copies of the keyring. If it may be compromised, run: holdfast appliance key rotate --data DIR',
        )}
      />
      <PasswordField
        {...editor.field('passphrase')}
        label={t('Appliance passphrase (if it has one)')}
        autoComplete="off"
      />
    </FormDialog>
  );
}
