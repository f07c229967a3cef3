import { Button } from '@patternfly/react-core';
import { QRCodeSVG } from 'qrcode.react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client } from '../api/client';
import { ActButton, useActs } from '../components/acts';
import { Copyable, Loaded, Nothing, Page, Panel, Time } from '../components/basics';
import { Dialog, FormDialog } from '../components/dialogs';
import { EditorForm, useEditor } from '../components/editor';
import { ChecksField, CodeField, NumberField, PasswordField, TextField } from '../components/fields';
import { SmallTable } from '../components/SmallTable';
import { useSession } from '../components/session';

type Offer = { sealed: string; uri: string };

function ConfirmCode({ offer, confirmed }: { offer: Offer; confirmed: () => void }) {
  const { t } = useTranslation();
  const editor = useEditor({
    initial: { code: '' },
    validate: ({ code }) => ({ code: code.length < 6 ? t('At least 6 digits.') : undefined }),
    save: ({ code }) => client.PUT('/session/second-factor', { body: { sealed: offer.sealed, code } }),
    saved: t('From now on a code is asked for'),
    onSaved: confirmed,
  });
  return (
    <EditorForm editor={editor} submit={t('Confirm')}>
      <QRCodeSVG value={offer.uri} size={180} marginSize={3} title={t('QR code for the authenticator app')} />
      <Copyable text={offer.uri} label={t('The same as text')} />
      <CodeField {...editor.field('code')} label={t('First code of the app')} />
    </EditorForm>
  );
}

function SecondFactor() {
  const { t } = useTranslation();
  const { act } = useActs();
  const [offer, setOffer] = useState<Offer | null>(null);
  const begin = () =>
    act(async () => {
      const { data } = await client.POST('/session/second-factor');
      setOffer(data ?? null);
    }, '');
  return (
    <Panel title={t('Second factor')}>
      <p>{t('A code of an authenticator app, asked for beside the password.')}</p>
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
    validate: ({ password }) => ({ password: password.length < 12 ? t('At least 12 characters.') : undefined }),
    save: (body) => client.PUT('/session/password', { body }),
    saved: t('The password was changed; sign in with it'),
  });
  return (
    <Panel title={t('Password')}>
      <EditorForm editor={editor} submit={t('Change the password')}>
        <PasswordField
          {...editor.field('password')}
          label={t('New password, 12 characters at least')}
          autoComplete="new-password"
          help={t('All sessions and tokens of yours end.')}
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
      description: description ? undefined : t('A description is needed.'),
      days: days < 1 || days > 366 ? t('Between 1 and 366.') : undefined,
      permissions: permissions.length > 0 ? undefined : t('A permission is needed.'),
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
    description: t('For a program. It may do what is ticked, and no more than you.'),
    close,
  };
  if (secret) {
    return (
      <Dialog {...frame} closeLabel={t('Close')}>
        <p>{t('It is shown this once:')}</p>
        <Copyable text={secret} label={t('Token')} />
      </Dialog>
    );
  }
  return (
    <FormDialog {...frame} editor={editor} submit={t('Make a token')}>
      <TextField {...field('description')} label={t('What for')} isRequired />
      <NumberField {...field('days')} min={1} max={366} label={t('Good for days')} />
      <ChecksField {...field('permissions')} label={t('May')} options={session.permissions} />
    </FormDialog>
  );
}

function Tokens() {
  const { t } = useTranslation();
  const tokens = api.useQuery('get', '/tokens');
  const [making, setMaking] = useState(false);
  return (
    <Panel className="hf-wide" title={t('Tokens for programs')}>
      <Loaded query={tokens}>
        {({ tokens: all }) =>
          all.length === 0 ? (
            <Nothing title={t('No tokens')} />
          ) : (
            <SmallTable
              label={t('Tokens for programs')}
              rows={all}
              rowKey={(token) => token.id}
              columns={[
                { title: t('What for'), cell: (token) => token.description },
                { title: t('User'), cell: (token) => token.user },
                { title: t('May'), cell: (token) => token.permissions.join(', ') },
                { title: t('Until'), cell: (token) => <Time at={token.expiresAt} /> },
                { title: t('Last used'), cell: (token) => <Time at={token.usedAt} /> },
                {
                  title: t('Actions'),
                  hiddenTitle: true,
                  cell: (token) => (
                    <ActButton
                      size="sm"
                      variant="link"
                      isDanger
                      does={() => client.DELETE('/tokens/{id}', { params: { path: { id: token.id } } })}
                      done={t('The token ended')}
                    >
                      {t('End it')}
                    </ActButton>
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
