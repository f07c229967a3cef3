import { Alert } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import type { AlertChannel } from '../../api/types';
import { type Editor, type Errors, useEditor } from '../../components/editor';
import { CheckField, LinesField, NumberField, PasswordField, SelectField, TextField } from '../../components/fields';
import { TryButton } from '../../components/trying';
import { bodyOf, type Draft, draftOf, EMPTY, isAddress, isHost, isUrl } from './channel';

function useErrors(stored: AlertChannel | null): (draft: Draft) => Errors<Draft> {
  const { t } = useTranslation();
  const address = t('Enter mail addresses, such as backup@example.com.');
  return (draft) => ({
    name: draft.name ? undefined : t('Enter a name.'),
    ...(draft.kind === 'mail'
      ? {
          host: isHost(draft.host)
            ? undefined
            : t('Enter the name or address of the mail server, such as smtp.example.com.'),
          from: isAddress(draft.from) ? undefined : address,
          to: draft.to.length > 0 && draft.to.every(isAddress) ? undefined : address,
          port: draft.port >= 1 && draft.port <= 65_535 ? undefined : t('Enter a value between 1 and 65535.'),
        }
      : {
          url:
            isUrl(draft.url, draft.allowPlain) || (stored?.webhook && !draft.url)
              ? undefined
              : t('Enter a URL that begins with https://.'),
        }),
  });
}

/** An editor for a channel: a new one, in the language of the console, or one that is stored. It is tried before it is saved. */
export function useChannelEditor({
  stored = null,
  name = '',
  keep,
  onSaved,
}: {
  stored?: AlertChannel | null;
  name?: string;
  keep?: string;
  onSaved?: () => void;
}) {
  const { t, i18n } = useTranslation();
  const language = i18n.language === 'en' ? 'en' : 'zh';
  return useEditor<Draft>({
    initial: stored ? draftOf(stored) : { ...EMPTY, name, language },
    keep,
    validate: useErrors(stored),
    save: async (draft) => {
      const call = { params: { path: { name: draft.name } }, body: bodyOf(draft, stored !== null) };
      if (!draft.untested) {
        await client.POST('/alert-channels/{name}/try', call);
      }
      await client.PUT('/alert-channels/{name}', call);
    },
    saved: t('The alert channel was saved'),
    onSaved,
  });
}

function MailFields({ editor }: { editor: Editor<Draft> }) {
  const { t } = useTranslation();
  const { field } = editor;
  return (
    <>
      <TextField {...field('host')} label={t('Mail server')} isRequired placeholder="smtp.example.com" />
      <SelectField
        {...field('security')}
        label={t('Encryption')}
        options={[
          ['starttls', 'STARTTLS'],
          ['tls', 'TLS'],
          ['none', t('None')],
        ]}
      />
      <NumberField {...field('port')} label={t('Port')} min={1} max={65535} />
      <TextField {...field('user')} label={t('User at the mail server')} autoComplete="off" />
      <TextField {...field('from')} label={t('Sender')} isRequired placeholder="backup@example.com" />
      <LinesField {...field('to')} label={t('Recipients, one per line')} isRequired />
    </>
  );
}

function SecretField({ editor, stored }: { editor: Editor<Draft>; stored: AlertChannel | null }) {
  const { t } = useTranslation();
  const { kind } = editor.draft;
  return (
    <PasswordField
      {...editor.field('secret')}
      label={
        kind === 'mail'
          ? t('Password')
          : kind === 'dingtalk'
            ? t('Signing secret of the robot (if it requires signatures)')
            : t('Secret that signs requests')
      }
      help={
        stored?.hasSecret
          ? t('A secret is stored; it is never shown. Leave empty to keep it for the same server and user.')
          : t('The secret is stored encrypted with the keys of the appliance and never shown again.')
      }
      autoComplete="new-password"
    />
  );
}

/** The fields of a channel, with a test of what is typed. */
export function AlertFields({ editor, stored = null }: { editor: Editor<Draft>; stored?: AlertChannel | null }) {
  const { t } = useTranslation();
  const { draft, field } = editor;
  const plain = draft.kind === 'mail' ? draft.security === 'none' : draft.url.startsWith('http:');
  const test = async () => {
    const { data } = await client.POST('/alert-channels/{name}/try', {
      params: { path: { name: draft.name } },
      body: bodyOf(draft, stored !== null),
    });
    return (
      <Alert isInline isLiveRegion variant="success" component="h3" title={t('The test message was accepted')}>
        {t('{{target}} accepted the message. Check that it arrived.', { target: data?.target ?? '' })}
      </Alert>
    );
  };
  return (
    <>
      <SelectField
        {...field('kind')}
        label={t('Alerts by')}
        isDisabled={stored !== null}
        options={[
          ['mail', t('Mail')],
          ['webhook', t('Webhook')],
          ['dingtalk', t('DingTalk robot')],
        ]}
      />
      {draft.kind === 'mail' ? (
        <MailFields editor={editor} />
      ) : (
        <TextField
          {...field('url')}
          label="URL"
          isRequired={!stored}
          placeholder={
            draft.kind === 'dingtalk'
              ? 'https://oapi.dingtalk.com/robot/send?access_token=…'
              : 'https://example.com/hook'
          }
          help={stored?.webhook ? t('Leave empty to keep {{url}}.', { url: stored.webhook.url ?? '' }) : undefined}
        />
      )}
      <SecretField editor={editor} stored={stored} />
      <SelectField
        {...field('least')}
        label={t('Send events from')}
        options={[
          ['info', t('All events')],
          ['warning', t('Warnings and alerts')],
          ['alert', t('Alerts only')],
        ]}
      />
      {draft.kind === 'webhook' ? null : (
        <SelectField
          {...field('language')}
          label={t('Language')}
          options={[
            ['en', 'English'],
            ['zh', '中文'],
          ]}
        />
      )}
      {plain || draft.allowPlain ? (
        <CheckField
          {...field('allowPlain')}
          label={t('Allow a connection without encryption: others on the network can read events and passwords')}
        />
      ) : null}
      <CheckField {...field('untested')} label={t('Save without sending a test message')} />
      <TryButton draft={draft} label={t('Send test')} isDisabled={!editor.valid} run={test} />
    </>
  );
}
