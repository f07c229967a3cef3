import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../api/client';
import { Dialog, FormDialog } from './dialogs';
import { CodeField, PasswordField } from './fields';

type Answer = { answer: (given: boolean) => void };

/** Asks for the password and the second factor again. */
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
      title={t('Confirm your identity')}
      description={t('This operation cannot be undone, or it changes permissions.')}
      editor={{ submit: (event) => void submit(event), valid: password !== '', busy }}
      submit={t('Continue')}
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
        label={t('Code from your authenticator app')}
        help={t('Leave empty if no second factor is set up.')}
        error={refused}
        value={code}
        onChange={setCode}
      />
    </FormDialog>
  );
}

/** Users of an identity provider sign in there again. */
function ProviderProof({ answer }: Answer) {
  const { t } = useTranslation();
  return (
    <Dialog
      title={t('Confirm your identity')}
      description={t('This operation cannot be undone, or it changes permissions.')}
      close={() => answer(false)}
      actions={
        <a className="pf-v6-c-button pf-m-primary" href="/api/v1/oidc/begin?again=true">
          {t('Sign in again')}
        </a>
      }
    >
      {t('Sign in again with your identity provider, then repeat the operation within five minutes.')}
    </Dialog>
  );
}

export function ProofDialog({ elsewhere, answer }: Answer & { elsewhere: boolean }) {
  return elsewhere ? <ProviderProof answer={answer} /> : <PasswordProof answer={answer} />;
}
