import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import { EditorForm, useEditor } from '../../components/editor';
import { LinesField, NumberField, PasswordField, SelectField, TextField } from '../../components/fields';

const EMPTY = {
  kind: 'mail' as 'mail' | 'webhook',
  url: '',
  host: '',
  port: 587,
  security: 'starttls',
  user: '',
  secret: '',
  from: '',
  to: [] as string[],
};

/** Adds the channel and sends a test message. A channel that nobody takes messages from does not stay. */
async function add({ kind, url, secret, to, user, ...mail }: typeof EMPTY) {
  const path = { path: { name: kind } };
  const { host, port, security, from } = mail;
  await client.PUT('/alert-channels/{name}', {
    params: path,
    body: {
      ...(kind === 'webhook' ? { webhook: { url } } : { mail: { host, port, security, user: user || null, from, to } }),
      secret: secret || null,
    },
  });
  try {
    await client.POST('/alert-channels/{name}/test', { params: path });
  } catch (e) {
    await client.DELETE('/alert-channels/{name}', { params: path });
    throw e;
  }
}

export function AlertStep() {
  const { t } = useTranslation();
  const missing = t('This field is required.');
  const editor = useEditor({
    initial: EMPTY,
    keep: 'alerts',
    validate: ({ kind, url, host, from, to }) =>
      kind === 'webhook'
        ? { url: url.startsWith('https://') ? undefined : t('Enter a URL that begins with https://.') }
        : {
            host: host ? undefined : missing,
            from: from ? undefined : missing,
            to: to.length > 0 ? undefined : missing,
          },
    save: add,
    saved: t('A test message was sent'),
  });
  const { field } = editor;
  return (
    <EditorForm editor={editor} submit={t('Save and send a test message')}>
      <SelectField
        {...field('kind')}
        label={t('Alerts by')}
        options={[
          ['mail', t('Mail')],
          ['webhook', t('Webhook')],
        ]}
      />
      {editor.draft.kind === 'webhook' ? (
        <TextField {...field('url')} label="URL" isRequired />
      ) : (
        <>
          <TextField {...field('host')} label={t('Mail server')} isRequired />
          <NumberField {...field('port')} label={t('Port')} min={1} max={65535} />
          <SelectField
            {...field('security')}
            label={t('Encryption')}
            options={[
              ['starttls', 'STARTTLS'],
              ['tls', 'TLS'],
            ]}
          />
          <TextField {...field('user')} label={t('User at the mail server')} autoComplete="off" />
          <TextField {...field('from')} label={t('Sender')} isRequired />
          <LinesField {...field('to')} label={t('Recipients, one per line')} />
        </>
      )}
      <PasswordField
        {...field('secret')}
        label={editor.draft.kind === 'webhook' ? t('Secret that signs requests') : t('Password')}
        autoComplete="off"
      />
    </EditorForm>
  );
}
