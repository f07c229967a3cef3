import {
  Alert,
  Button,
  Card,
  CardBody,
  CardTitle,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextInput,
} from '@patternfly/react-core';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client, Problem } from '../api/client';
import type { Session } from '../api/types';
import { Logo } from '../components/Logo';
import { LanguageMenu, ThemeButton } from '../components/Shell';

export function SignIn({ signedIn }: { signedIn: (session: Session) => void }) {
  const { t } = useTranslation();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [wantsCode, setWantsCode] = useState(false);
  const [refused, setRefused] = useState('');
  const [busy, setBusy] = useState(false);
  const provider = api.useQuery('get', '/oidc', {}, { retry: false, staleTime: Number.POSITIVE_INFINITY });
  const turnedAway = new URLSearchParams(window.location.search).has('refused');
  useEffect(() => {
    document.title = 'Holdfast';
  }, []);
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
        setRefused(
          e instanceof Problem && e.status === 401
            ? t('Name, password or code is wrong, or there were too many attempts.')
            : e instanceof Error
              ? e.message
              : String(e),
        );
      }
    } finally {
      setBusy(false);
    }
  };
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
            <Form onSubmit={(event) => void submit(event)}>
              {turnedAway && !refused ? (
                <Alert
                  variant="danger"
                  isInline
                  title={t('The organisation’s sign-in was refused, or gives you no role here.')}
                  role="alert"
                />
              ) : null}
              {refused ? <Alert variant="danger" isInline title={refused} role="alert" /> : null}
              <FormGroup label={t('User')} isRequired fieldId="user">
                <TextInput
                  id="user"
                  autoComplete="username"
                  autoFocus
                  isRequired
                  value={user}
                  onChange={(_, value) => setUser(value)}
                />
              </FormGroup>
              <FormGroup label={t('Password')} isRequired fieldId="password">
                <TextInput
                  id="password"
                  type="password"
                  autoComplete="current-password"
                  isRequired
                  value={password}
                  onChange={(_, value) => setPassword(value)}
                />
              </FormGroup>
              {wantsCode ? (
                <FormGroup label={t('Code of your authenticator app')} fieldId="code">
                  <TextInput
                    id="code"
                    inputMode="numeric"
                    autoComplete="one-time-code"
                    autoFocus
                    value={code}
                    onChange={(_, value) => setCode(value)}
                  />
                </FormGroup>
              ) : null}
              <Button type="submit" isBlock isLoading={busy} isDisabled={busy || !user || !password}>
                {t('Sign in')}
              </Button>
              {provider.data?.issuer ? (
                <a className="pf-v6-c-button pf-m-secondary pf-m-block" href="/api/v1/oidc/begin">
                  {t('Sign in with {{provider}}', { provider: new URL(provider.data.issuer).host })}
                </a>
              ) : null}
              <FormHelperText>
                <HelperText>
                  <HelperTextItem>
                    {t('The first user is made on the appliance itself:')}{' '}
                    <code>holdfast appliance user add NAME --role administrator --data DIR</code>
                  </HelperTextItem>
                </HelperText>
              </FormHelperText>
            </Form>
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
