import { Button, Label } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client } from '../../api/client';
import type { AlertChannel } from '../../api/types';
import { ActionButton, useActions } from '../../components/actions';
import { Loaded, Panel } from '../../components/basics';
import { FormDialog } from '../../components/dialogs';
import { TextField } from '../../components/fields';
import { SmallTable } from '../../components/SmallTable';
import { msg, useWords } from '../../i18n';
import { AlertFields, useChannelEditor } from './AlertFields';

const LEAST: Record<string, string> = {
  info: msg('All events'),
  warning: msg('Warnings and alerts'),
  alert: msg('Alerts only'),
};

function ChannelDialog({ stored, close }: { stored: AlertChannel | null; close: () => void }) {
  const { t } = useTranslation();
  const editor = useChannelEditor({ stored, onSaved: close });
  return (
    <FormDialog
      variant="medium"
      title={stored ? stored.name : t('New alert channel')}
      help="alerts"
      editor={editor}
      submit={editor.draft.untested ? t('Save') : t('Save and send a test message')}
      close={close}
    >
      {stored ? null : <TextField {...editor.field('name')} label={t('Name')} isRequired autoComplete="off" />}
      <AlertFields editor={editor} stored={stored} />
    </FormDialog>
  );
}

function State({ channel }: { channel: AlertChannel }) {
  const { t } = useTranslation();
  const words = useWords();
  return channel.error ? (
    <>
      <Label isCompact status="danger">
        {t('Failing')}
      </Label>{' '}
      {words(channel.error, channel.errorPhrase)}
    </>
  ) : channel.inTheClear ? (
    <Label isCompact status="warning">
      {t('Not encrypted')}
    </Label>
  ) : (
    <Label isCompact status="success">
      {t('No failures')}
    </Label>
  );
}

function ChannelActions({ channel, edit }: { channel: AlertChannel; edit: () => void }) {
  const { t } = useTranslation();
  const { act, ask } = useActions();
  const params = { path: { name: channel.name } };
  const remove = async () => {
    const sure = await ask({
      title: t('Delete alert channel {{name}}?', { name: channel.name }),
      text: <p>{t('{{target}} no longer receives alerts.', { target: channel.target })}</p>,
      word: channel.name,
      button: t('Delete'),
    });
    if (sure) {
      await act(() => client.DELETE('/alert-channels/{name}', { params }), t('The alert channel was deleted'));
    }
  };
  return (
    <span className="hf-inline">
      <ActionButton
        size="sm"
        variant="secondary"
        aria-label={t('Send a test by {{name}}', { name: channel.name })}
        run={() => client.POST('/alert-channels/{name}/test', { params })}
        success={t('{{target}} accepted the message. Check that it arrived.', { target: channel.target })}
      >
        {t('Send test')}
      </ActionButton>
      <Button size="sm" variant="link" onClick={edit} aria-label={t('Edit {{name}}', { name: channel.name })}>
        {t('Edit')}
      </Button>
      <Button
        size="sm"
        variant="link"
        isDanger
        onClick={() => void remove()}
        aria-label={t('Delete {{name}}', { name: channel.name })}
      >
        {t('Delete')}
      </Button>
    </span>
  );
}

/** Opens the dialog for a new channel. */
export function NewChannel({ label }: { label: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="secondary" onClick={() => setOpen(true)}>
        {label}
      </Button>
      {open ? <ChannelDialog stored={null} close={() => setOpen(false)} /> : null}
    </>
  );
}

/** The channels that send alerts. */
export function AlertChannels() {
  const { t } = useTranslation();
  const channels = api.useQuery('get', '/alert-channels');
  const [editing, setEditing] = useState<AlertChannel | undefined>(undefined);
  return (
    <Panel className="hf-wide" title={t('Alerts')}>
      <Loaded query={channels}>
        {({ channels: all }) =>
          all.length === 0 ? (
            <p>{t('No alert channel is configured: nobody is notified of problems.')}</p>
          ) : (
            <SmallTable
              label={t('Alerts')}
              rows={all}
              rowKey={(each) => each.name}
              columns={[
                { title: t('Name'), cell: (each) => each.name },
                { title: t('Target'), rest: 'cut', cell: (each) => each.target },
                { title: t('Events'), cell: (each) => t(LEAST[each.least] ?? each.least) },
                { title: t('State'), rest: 'wrap', cell: (each) => <State channel={each} /> },
                {
                  title: t('Actions'),
                  hiddenTitle: true,
                  cell: (each) => <ChannelActions channel={each} edit={() => setEditing(each)} />,
                },
              ]}
            />
          )
        }
      </Loaded>
      <div>
        <NewChannel label={t('New alert channel')} />
      </div>
      {editing === undefined ? null : <ChannelDialog stored={editing} close={() => setEditing(undefined)} />}
    </Panel>
  );
}
