import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../api/client';
import { Dialog, FormDialog } from './dialogs';
import { CodeField, PasswordField } from './fields';

type Answer = { answer: (given: boolean) => void };

/** Asks for password and code once more, as the appliance does before what is grave. */
function PasswordProof({ answer }: Answer) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [refused, setRefused] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await client.POST('/session/proof', { body: { password, code } });
      answer(true);
    } catch (e) {
      setRefused(e instanceof Error ? e.message : String(e));
    } finally {
      setBusy(false);
    }
  };
  return (
    <FormDialog
      title={t('Prove who you are')}
      description={t('This cannot be undone, or changes who may do what.')}
      editor={{ submit: (event) => void submit(event), valid: password !== '', busy }}
      submit={t('Go on')}
      close={() => answer(false)}
    >
      <PasswordField
        label={t('Password')}
        isRequired
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
      />
      <CodeField
        label={t('Code of your authenticator app')}
        help={t('Leave it empty if you have none.')}
        error={refused}
        value={code}
        onChange={setCode}
      />
    </FormDialog>
  );
}

/** Who signs in elsewhere proves it there. */
function ProviderProof({ answer }: Answer) {
  const { t } = useTranslation();
  return (
    <Dialog
      title={t('Prove who you are')}
      description={t('This cannot be undone, or changes who may do what.')}
      close={() => answer(false)}
      actions={
        <a className="pf-v6-c-button pf-m-primary" href="/api/v1/oidc/begin?again=true">
          {t('Sign in once more')}
        </a>
      }
    >
      {t('Sign in once more at your organisation, and do it again within five minutes.')}
    </Dialog>
  );
}

export function ProofDialog({ elsewhere, answer }: Answer & { elsewhere: boolean }) {
  return elsewhere ? <ProviderProof answer={answer} /> : <PasswordProof answer={answer} />;
}
