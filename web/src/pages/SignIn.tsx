import { Alert, Button, Card, CardBody, CardTitle, Form, Modal, ModalBody, ModalHeader } from '@patternfly/react-core';
import { type FormEvent, useEffect, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client, Problem } from '../api/client';
import type { Session } from '../api/types';
import { CodeField, PasswordField, TextField } from '../components/fields';
import { Logo } from '../components/Logo';
import { LanguageMenu, ThemeButton } from '../components/preferences';

/** Returns the error text of a failed sign-in. */
function useRefusal(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) =>
    error instanceof Problem && error.status === 401
      ? t('Sign-in failed. The user name, password or code is wrong, or there were too many attempts.')
      : error instanceof Error
        ? error.message
        : String(error);
}

function SignInForm({ signedIn }: { signedIn: (session: Session) => void }) {
  const { t } = useTranslation();
  const refusal = useRefusal();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [wantsCode, setWantsCode] = useState(false);
  const [refused, setRefused] = useState('');
  const [busy, setBusy] = useState(false);
  const provider = api.useQuery('get', '/oidc', {}, { retry: false, staleTime: Number.POSITIVE_INFINITY });
  const turnedAway = new URLSearchParams(window.location.search).has('refused');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setRefused('');
    try {
      const { data } = await client.POST('/session', { body: { user, password, code } });
      if (data) {
        signedIn(data);
      }
    } catch (e) {
      if (e instanceof Problem && e.type === 'second-factor' && !wantsCode) {
        setWantsCode(true);
      } else {
        setRefused(refusal(e));
      }
    } finally {
      setBusy(false);
    }
  };
  const problem =
    refused ||
    (turnedAway
      ? t('The identity provider refused the sign-in, or it assigns no role to you. Ask your administrator.')
      : '');
  return (
    <Form onSubmit={(event) => void submit(event)}>
      {problem ? <Alert variant="danger" isInline title={problem} role="alert" /> : null}
      <TextField
        id="user"
        label={t('User')}
        isRequired
        autoComplete="username"
        autoFocus
        value={user}
        onChange={setUser}
      />
      <PasswordField
        id="password"
        label={t('Password')}
        isRequired
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
      />
      {wantsCode ? (
        <CodeField id="code" label={t('Code from your authenticator app')} autoFocus value={code} onChange={setCode} />
      ) : null}
      <Button type="submit" isBlock isLoading={busy} isDisabled={busy || !user || !password}>
        {t('Sign in')}
      </Button>
      {provider.data?.issuer ? (
        <a className="pf-v6-c-button pf-m-secondary pf-m-block" href="/api/v1/oidc/begin">
          {t('Sign in with {{provider}}', { provider: new URL(provider.data.issuer).host })}
        </a>
      ) : null}
      <p className="hf-subtle">
        {t('Create the first user on the appliance:')}{' '}
        <code>holdfast appliance user add NAME --role administrator --password-file F --data DIR</code>
      </p>
    </Form>
  );
}

/** Over the page whose session ended: what is on it is hidden, and stays as it is for the same user. */
export function SignInAgain({ user, signedIn }: { user: string; signedIn: (session: Session) => void }) {
  const { t } = useTranslation();
  const id = useId();
  useEffect(() => {
    document.body.classList.add('hf-locked');
    return () => document.body.classList.remove('hf-locked');
  }, []);
  return (
    <Modal isOpen variant="small" aria-labelledby={id}>
      <ModalHeader
        labelId={id}
        title={t('Your session has ended')}
        description={t('Sign in again as {{user}} to continue. Your input is kept.', { user })}
      />
      <ModalBody>
        <SignInForm signedIn={signedIn} />
      </ModalBody>
    </Modal>
  );
}

export function SignIn({ signedIn }: { signedIn: (session: Session) => void }) {
  useEffect(() => {
    document.title = 'Holdfast';
  }, []);
  return (
    <div className="hf-sign-in">
      <main>
        <Card>
          <CardTitle component="h1">
            <span className="hf-brand">
              <Logo /> Holdfast
            </span>
          </CardTitle>
          <CardBody>
            <SignInForm signedIn={signedIn} />
            <div className="hf-inline">
              <LanguageMenu />
              <ThemeButton />
            </div>
          </CardBody>
        </Card>
      </main>
    </div>
  );
}
