import { Alert, Radio } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import { FormDialog } from '../../components/dialogs';
import { type Editor, useEditor } from '../../components/editor';
import { CodeField, PasswordField, TextField } from '../../components/fields';
import { useSession } from '../../components/session';
import { type Printed, Sheet } from './RecoverySheet';

const WORD = 'REPLACE';

type Print = (printed: Printed) => void;
type Replacement = { passphrase: string; password: string; code: string; word: string };

/** Gets the sheet for somebody who has the key. */
function usePrintAgain(print: Print): Editor<{ key: string }> {
  const { t } = useTranslation();
  return useEditor({
    initial: { key: '' },
    validate: ({ key }) => ({ key: key ? undefined : t('This field is required.') }),
    save: async ({ key }) => {
      const { data } = await client.POST('/recovery-sheet', { body: { key } });
      if (data) {
        print({ sheet: data, recoveryKey: key.trim().toUpperCase(), isNew: false });
      }
    },
    saved: '',
  });
}

/** Replaces the key, by a typed word and the password, however lately the user signed in. */
function useReplacement(elsewhere: boolean, print: Print): Editor<Replacement> {
  const { t } = useTranslation();
  return useEditor({
    initial: { passphrase: '', password: '', code: '', word: '' },
    validate: ({ password, word }) => ({
      password: password || elsewhere ? undefined : t('This field is required.'),
      word: word === WORD ? undefined : t('Type {{word}} to continue', { word: WORD }),
    }),
    save: async ({ passphrase, password, code }) => {
      const body = { passphrase: passphrase || null, password: password || null, code: code || null };
      const { data } = await client.POST('/recovery-key', { body });
      if (data) {
        print({ sheet: data, recoveryKey: data.recoveryKey, isNew: true });
      }
    },
    saved: '',
  });
}

/** Users of an identity provider have no password here: the appliance looks at when they signed in there. */
function ProviderNote() {
  const { t } = useTranslation();
  return (
    <p>
      {t('Your identity provider must have confirmed your identity within the last two minutes:')}{' '}
      <a href="/api/v1/oidc/begin?again=true">{t('Sign in again')}</a>
    </p>
  );
}

function ReplacementFields({ editor, elsewhere }: { editor: Editor<Replacement>; elsewhere: boolean }) {
  const { t } = useTranslation();
  const { field } = editor;
  return (
    <>
      <Alert
        isInline
        variant="warning"
        component="h3"
        title={t(
          'A new recovery key replaces the current one. The current key still opens existing copies of the keyring. If it may be compromised, run: holdfast appliance key rotate --data DIR',
        )}
      />
      <PasswordField {...field('passphrase')} label={t('Appliance passphrase (if it has one)')} autoComplete="off" />
      {elsewhere ? (
        <ProviderNote />
      ) : (
        <>
          <PasswordField {...field('password')} label={t('Your password')} isRequired autoComplete="current-password" />
          <CodeField
            {...field('code')}
            label={t('Code from your authenticator app')}
            help={t('Leave empty if no second factor is set up.')}
          />
        </>
      )}
      <TextField
        {...field('word')}
        label={t('Type {{word}} to continue', { word: WORD })}
        isRequired
        autoComplete="off"
      />
    </>
  );
}

function Ways({ replacing, choose }: { replacing: boolean; choose: (replacing: boolean) => void }) {
  const { t } = useTranslation();
  return (
    <div role="radiogroup" aria-label={t('What to do')}>
      <Radio
        id="recovery-print"
        name="recovery-way"
        label={t('Print the sheet again')}
        description={t('You have the recovery key. The key does not change.')}
        isChecked={!replacing}
        onChange={() => choose(false)}
      />
      <Radio
        id="recovery-replace"
        name="recovery-way"
        label={t('Replace the key')}
        description={t('The key is lost, or others may have seen it. A new sheet replaces all earlier ones.')}
        isChecked={replacing}
        onChange={() => choose(true)}
      />
    </div>
  );
}

/** Prints the recovery sheet again, or replaces the recovery key. */
export function RecoveryDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const elsewhere = useSession().user.startsWith('sso.');
  const [replacing, setReplacing] = useState(false);
  const [printed, setPrinted] = useState<Printed | null>(null);
  const again = usePrintAgain(setPrinted);
  const replacement = useReplacement(elsewhere, setPrinted);
  if (printed) {
    return <Sheet {...printed} close={close} />;
  }
  return (
    <FormDialog
      variant="medium"
      title={t('Recovery sheet')}
      help="sheet"
      editor={replacing ? replacement : again}
      submit={replacing ? t('Replace the recovery key') : t('Show the sheet')}
      isDanger={replacing}
      close={close}
    >
      <Ways replacing={replacing} choose={setReplacing} />
      {replacing ? (
        <ReplacementFields editor={replacement} elsewhere={elsewhere} />
      ) : (
        <PasswordField
          {...again.field('key')}
          label={t('Recovery key from your sheet')}
          help={t('The key is only compared, not stored. Case, spaces and dashes are ignored.')}
          autoComplete="off"
        />
      )}
    </FormDialog>
  );
}
