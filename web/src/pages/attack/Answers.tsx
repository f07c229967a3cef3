import { Button } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import { FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { TextField } from '../../components/fields';
import { useMay } from '../../components/session';

const MOST = 500;

function useReason(save: (reason: string) => Promise<unknown>, saved: string, close: () => void) {
  const { t } = useTranslation();
  return useEditor({
    initial: { reason: '' },
    validate: ({ reason }) => ({
      reason:
        reason.trim() && reason.length <= MOST
          ? undefined
          : t('Enter a reason of at most {{most}} characters.', { most: MOST }),
    }),
    save: ({ reason }) => save(reason.trim()),
    saved,
    onSaved: close,
  });
}

function KeepDialog({ node, close }: { node: string; close: () => void }) {
  const { t } = useTranslation();
  const editor = useReason(
    (reason) => client.POST('/nodes/{name}/attack', { params: { path: { name: node } }, body: { reason } }),
    t('Retention remains paused, and the snapshots are on hold'),
    close,
  );
  return (
    <FormDialog
      title={t('Keep: it is an attack')}
      help="attack"
      editor={editor}
      submit={t('Keep the snapshots')}
      close={close}
    >
      <p>
        {t(
          'Retention of {{node}} remains paused. The last clean snapshot and all later ones are placed on hold: they cannot be deleted before the hold is released.',
          { node },
        )}
      </p>
      <TextField
        {...editor.field('reason')}
        isRequired
        label={t('Reason')}
        help={t('The reason is recorded in the audit log.')}
      />
    </FormDialog>
  );
}

function ReleaseDialog({ node, close }: { node: string; close: () => void }) {
  const { t } = useTranslation();
  const editor = useReason(
    (reason) => client.POST('/nodes/{name}/release', { params: { path: { name: node } }, body: { reason } }),
    t('Retention was resumed'),
    close,
  );
  return (
    <FormDialog
      title={t('Release: the changes are legitimate')}
      help="attack"
      editor={editor}
      submit={t('Release')}
      isDanger
      close={close}
    >
      <p>
        {t(
          'Policies apply to the snapshots of {{node}} again and delete expired ones. Snapshots on hold are kept until the hold is released.',
          { node },
        )}
      </p>
      <TextField
        {...editor.field('reason')}
        isRequired
        label={t('Reason')}
        help={t('The reason is recorded in the audit log.')}
      />
    </FormDialog>
  );
}

/** The two answers to a backup that looks like an attack. */
export function Answers({ node, confirmed }: { node: string; confirmed: boolean }) {
  const { t } = useTranslation();
  const may = useMay();
  const [open, setOpen] = useState<'keep' | 'release' | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <div className="hf-inline">
        {may('PROTECT') && !confirmed ? (
          <Button onClick={() => setOpen('keep')}>{t('Keep: it is an attack')}</Button>
        ) : null}
        {may('DESTROY') ? (
          <Button variant="secondary" onClick={() => setOpen('release')}>
            {t('Release: the changes are legitimate')}
          </Button>
        ) : null}
      </div>
      {may('PROTECT') || may('DESTROY') ? null : (
        <p>{t('Your role does not permit a decision. Ask an administrator.')}</p>
      )}
      {open === 'keep' ? <KeepDialog node={node} close={close} /> : null}
      {open === 'release' ? <ReleaseDialog node={node} close={close} /> : null}
    </>
  );
}
