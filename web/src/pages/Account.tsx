import {
  Button,
  Card,
  CardBody,
  CardTitle,
  Checkbox,
  Form,
  FormGroup,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { QRCodeSVG } from 'qrcode.react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client } from '../api/client';
import { useActs } from '../components/acts';
import { Copyable, Loaded, Nothing, Page, Time } from '../components/basics';
import { useSession } from '../components/session';

function SecondFactor() {
  const { t } = useTranslation();
  const { act } = useActs();
  const [offer, setOffer] = useState<{ sealed: string; uri: string } | null>(null);
  const [code, setCode] = useState('');
  const begin = () =>
    act(async () => {
      const { data } = await client.POST('/session/second-factor');
      setOffer(data ?? null);
    }, '');
  const confirm = async () => {
    if (
      offer &&
      (await act(
        () => client.PUT('/session/second-factor', { body: { sealed: offer.sealed, code } }),
        t('From now on a code is asked for'),
      ))
    ) {
      setOffer(null);
      setCode('');
    }
  };
  return (
    <Card>
      <CardTitle component="h2">{t('Second factor')}</CardTitle>
      <CardBody className="hf-stack">
        <p>{t('A code of an authenticator app, asked for beside the password.')}</p>
        {offer ? (
          <Form
            onSubmit={(event) => {
              event.preventDefault();
              void confirm();
            }}
          >
            <QRCodeSVG value={offer.uri} size={180} marginSize={3} title={t('QR code for the authenticator app')} />
            <Copyable text={offer.uri} label={t('The same as text')} />
            <FormGroup label={t('First code of the app')} fieldId="first-code">
              <TextInput
                id="first-code"
                inputMode="numeric"
                autoComplete="one-time-code"
                value={code}
                onChange={(_, value) => setCode(value)}
              />
            </FormGroup>
            <div>
              <Button type="submit" isDisabled={code.length < 6}>
                {t('Confirm')}
              </Button>
            </div>
          </Form>
        ) : (
          <div>
            <Button variant="secondary" onClick={() => void begin()}>
              {t('Set up a second factor')}
            </Button>
          </div>
        )}
      </CardBody>
    </Card>
  );
}

function Password() {
  const { t } = useTranslation();
  const { act } = useActs();
  const [password, setPassword] = useState('');
  return (
    <Card>
      <CardTitle component="h2">{t('Password')}</CardTitle>
      <CardBody>
        <Form
          onSubmit={(event) => {
            event.preventDefault();
            void act(
              () => client.PUT('/session/password', { body: { password } }),
              t('The password was changed; sign in with it'),
            );
          }}
        >
          <FormGroup label={t('New password, 12 characters at least')} fieldId="new-password">
            <TextInput
              id="new-password"
              type="password"
              autoComplete="new-password"
              value={password}
              onChange={(_, value) => setPassword(value)}
            />
          </FormGroup>
          <p className="hf-subtle">{t('All sessions and tokens of yours end.')}</p>
          <div>
            <Button type="submit" variant="secondary" isDisabled={password.length < 12}>
              {t('Change the password')}
            </Button>
          </div>
        </Form>
      </CardBody>
    </Card>
  );
}

function TokenDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const { act } = useActs();
  const [description, setDescription] = useState('');
  const [days, setDays] = useState('90');
  const [permissions, setPermissions] = useState<string[]>(['VIEW']);
  const [secret, setSecret] = useState('');
  const make = () =>
    act(async () => {
      const { data } = await client.POST('/tokens', { body: { description, permissions, days: Number(days) } });
      setSecret(data?.secret ?? '');
    }, '');
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="token-title">
      <ModalHeader
        labelId="token-title"
        title={t('New token')}
        description={t('For a program. It may do what is ticked, and no more than you.')}
      />
      <ModalBody>
        {secret ? (
          <>
            <p>{t('It is shown this once:')}</p>
            <Copyable text={secret} label={t('Token')} />
          </>
        ) : (
          <Form onSubmit={(event) => event.preventDefault()}>
            <FormGroup label={t('What for')} isRequired fieldId="token-description">
              <TextInput id="token-description" value={description} onChange={(_, value) => setDescription(value)} />
            </FormGroup>
            <FormGroup label={t('Good for days')} fieldId="token-days">
              <TextInput
                id="token-days"
                type="number"
                min={1}
                max={366}
                value={days}
                onChange={(_, value) => setDays(value)}
              />
            </FormGroup>
            <FormGroup label={t('May')} role="group" fieldId="token-may">
              {session.permissions.map((each) => (
                <Checkbox
                  key={each}
                  id={`token-${each}`}
                  label={each}
                  isChecked={permissions.includes(each)}
                  onChange={(_, checked) =>
                    setPermissions(checked ? [...permissions, each] : permissions.filter((other) => other !== each))
                  }
                />
              ))}
            </FormGroup>
          </Form>
        )}
      </ModalBody>
      <ModalFooter>
        {secret ? null : (
          <Button isDisabled={!description || permissions.length === 0} onClick={() => void make()}>
            {t('Make a token')}
          </Button>
        )}
        <Button variant="link" onClick={close}>
          {t('Close')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

function Tokens() {
  const { t } = useTranslation();
  const { act } = useActs();
  const tokens = api.useQuery('get', '/tokens');
  const [making, setMaking] = useState(false);
  return (
    <Card className="hf-wide">
      <CardTitle component="h2">{t('Tokens for programs')}</CardTitle>
      <CardBody className="hf-stack hf-scroll">
        <Loaded query={tokens}>
          {({ tokens: all }) =>
            all.length === 0 ? (
              <Nothing title={t('No tokens')} />
            ) : (
              <Table variant="compact" aria-label={t('Tokens for programs')}>
                <Thead>
                  <Tr>
                    <Th>{t('What for')}</Th>
                    <Th>{t('User')}</Th>
                    <Th>{t('May')}</Th>
                    <Th>{t('Until')}</Th>
                    <Th>{t('Last used')}</Th>
                    <Th screenReaderText={t('Actions')} />
                  </Tr>
                </Thead>
                <Tbody>
                  {all.map((token) => (
                    <Tr key={token.id}>
                      <Td>{token.description}</Td>
                      <Td>{token.user}</Td>
                      <Td>{token.permissions.join(', ')}</Td>
                      <Td>
                        <Time at={token.expiresAt} />
                      </Td>
                      <Td>
                        <Time at={token.usedAt} />
                      </Td>
                      <Td>
                        <Button
                          size="sm"
                          variant="link"
                          isDanger
                          onClick={() =>
                            void act(
                              () => client.DELETE('/tokens/{id}', { params: { path: { id: token.id } } }),
                              t('The token ended'),
                            )
                          }
                        >
                          {t('End it')}
                        </Button>
                      </Td>
                    </Tr>
                  ))}
                </Tbody>
              </Table>
            )
          }
        </Loaded>
        <div>
          <Button variant="secondary" onClick={() => setMaking(true)}>
            {t('New token')}
          </Button>
        </div>
      </CardBody>
      {making ? <TokenDialog close={() => setMaking(false)} /> : null}
    </Card>
  );
}

export default function Account() {
  const { t } = useTranslation();
  const session = useSession();
  return (
    <Page title={t('My account')} intro={session.user}>
      <div className="hf-grid">
        <SecondFactor />
        <Password />
        <Tokens />
      </div>
    </Page>
  );
}
