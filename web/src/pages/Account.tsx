import { Button } from '@patternfly/react-core';
import { QRCodeSVG } from 'qrcode.react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client } from '../api/client';
import { AskingButton, useActions } from '../components/actions';
import { Copyable, Loaded, Nothing, Page, Panel } from '../components/basics';
import { Dialog, FormDialog } from '../components/dialogs';
import { EditorForm, useEditor } from '../components/editor';
import { ChecksField, CodeField, NumberField, PasswordField, TextField } from '../components/fields';
import { PERMISSIONS } from '../components/roles';
import { SmallTable } from '../components/SmallTable';
import { useSession } from '../components/session';
import { Time } from '../components/Time';

type Offer = { sealed: string; uri: string };

function ConfirmCode({ offer, confirmed }: { offer: Offer; confirmed: () => void }) {
  const { t } = useTranslation();
  const editor = useEditor({
    initial: { code: '' },
    validate: ({ code }) => ({ code: code.length < 6 ? t('The code must have at least 6 digits.') : undefined }),
    save: ({ code }) => client.PUT('/session/second-factor', { body: { sealed: offer.sealed, code } }),
    saved: t('The second factor was set up'),
    onSaved: confirmed,
  });
  return (
    <EditorForm editor={editor} submit={t('Confirm')}>
      <QRCodeSVG value={offer.uri} size={180} marginSize={3} title={t('QR code for the authenticator app')} />
      <Copyable text={offer.uri} label={t('Setup key as text')} />
      <CodeField {...editor.field('code')} label={t('Code shown by the app')} />
    </EditorForm>
  );
}

function SecondFactor() {
  const { t } = useTranslation();
  const { act } = useActions();
  const [offer, setOffer] = useState<Offer | null>(null);
  const begin = () =>
    act(async () => {
      const { data } = await client.POST('/session/second-factor');
      setOffer(data ?? null);
    }, '');
  return (
    <Panel help="people" title={t('Second factor')}>
      <p>{t('Signing in requires a code from an authenticator app in addition to the password.')}</p>
      {offer ? (
        <ConfirmCode offer={offer} confirmed={() => setOffer(null)} />
      ) : (
        <div>
          <Button variant="secondary" onClick={() => void begin()}>
            {t('Set up a second factor')}
          </Button>
        </div>
      )}
    </Panel>
  );
}

function Password() {
  const { t } = useTranslation();
  const editor = useEditor({
    initial: { password: '' },
    validate: ({ password }) => ({
      password: password.length < 12 ? t('The password must have at least 12 characters.') : undefined,
    }),
    save: (body) => client.PUT('/session/password', { body }),
    saved: t('The password was changed. Sign in with the new password.'),
  });
  return (
    <Panel help="people" title={t('Password')}>
      <EditorForm editor={editor} submit={t('Change password')}>
        <PasswordField
          {...editor.field('password')}
          label={t('New password (at least 12 characters)')}
          autoComplete="new-password"
          help={t('All your sessions and tokens are revoked.')}
        />
      </EditorForm>
    </Panel>
  );
}

function TokenDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const [secret, setSecret] = useState('');
  const editor = useEditor({
    initial: { description: '', days: 90, permissions: ['VIEW'] },
    validate: ({ description, days, permissions }) => ({
      description: description ? undefined : t('Enter a description.'),
      days: days < 1 || days > 366 ? t('Enter a value between 1 and 366.') : undefined,
      permissions: permissions.length > 0 ? undefined : t('Select at least one permission.'),
    }),
    save: async (body) => {
      const { data } = await client.POST('/tokens', { body });
      setSecret(data?.secret ?? '');
    },
    saved: '',
  });
  const { field } = editor;
  const frame = {
    title: t('New token'),
    description: t('A token gives a program the selected permissions, at most your own.'),
    close,
  };
  if (secret) {
    return (
      <Dialog {...frame} closeLabel={t('Close')}>
        <p>{t('Copy the token now. It is shown only once.')}</p>
        <Copyable text={secret} label={t('Token')} />
      </Dialog>
    );
  }
  return (
    <FormDialog {...frame} help="programs" editor={editor} submit={t('Create token')}>
      <TextField {...field('description')} label={t('Description')} isRequired />
      <NumberField {...field('days')} min={1} max={366} label={t('Valid for (days)')} />
      <ChecksField
        {...field('permissions')}
        label={t('Permissions of the program')}
        options={Object.keys(PERMISSIONS).filter((each) => session.permissions.includes(each))}
        text={(each) => t(PERMISSIONS[each] ?? each)}
      />
    </FormDialog>
  );
}

function Tokens() {
  const { t } = useTranslation();
  const tokens = api.useQuery('get', '/tokens');
  const [making, setMaking] = useState(false);
  return (
    <Panel className="hf-wide" title={t('API tokens')}>
      <Loaded query={tokens}>
        {({ tokens: all }) =>
          all.length === 0 ? (
            <Nothing title={t('No API tokens')} />
          ) : (
            <SmallTable
              label={t('API tokens')}
              rows={all}
              rowKey={(token) => token.id}
              columns={[
                { title: t('Description'), rest: 'cut', cell: (token) => token.description },
                { title: t('User'), cell: (token) => token.user },
                {
                  title: t('Permissions'),
                  rest: 'wrap',
                  cell: (token) => token.permissions.map((each) => t(PERMISSIONS[each] ?? each)).join('; '),
                },
                { title: t('Expires'), cell: (token) => <Time at={token.expiresAt} /> },
                { title: t('Last used'), cell: (token) => <Time at={token.usedAt} /> },
                {
                  title: t('Actions'),
                  hiddenTitle: true,
                  cell: (token) => (
                    <AskingButton
                      size="sm"
                      variant="link"
                      isDanger
                      question={{
                        title: t('Revoke token {{token}}?', { token: token.description }),
                        text: <p>{t('Programs that use it are refused immediately.')}</p>,
                        word: '',
                        button: t('Revoke'),
                      }}
                      run={() => client.DELETE('/tokens/{id}', { params: { path: { id: token.id } } })}
                      success={t('The token was revoked')}
                    >
                      {t('Revoke')}
                    </AskingButton>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
      <div>
        <Button variant="secondary" onClick={() => setMaking(true)}>
          {t('New token')}
        </Button>
      </div>
      {making ? <TokenDialog close={() => setMaking(false)} /> : null}
    </Panel>
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
