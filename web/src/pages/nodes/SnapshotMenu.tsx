import { Dropdown, DropdownItem, DropdownList, MenuToggle } from '@patternfly/react-core';
import { EllipsisVIcon } from '@patternfly/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { client } from '../../api/client';
import type { Snapshot } from '../../api/types';
import { useActions } from '../../components/actions';
import { FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { CheckField, NumberField, TextField } from '../../components/fields';
import { useMay } from '../../components/session';
import { Time } from '../../components/Time';
import { BareMetalDialog } from './BareMetalDialog';

type Props = { snapshot: Snapshot; close: () => void };

function HoldDialog({ snapshot, close }: Props) {
  const { t } = useTranslation();
  const editor = useEditor({
    initial: { why: '' },
    validate: ({ why }) => ({ why: why.trim() ? undefined : t('Enter a reason.') }),
    save: (body) => client.PUT('/snapshots/{id}/hold', { params: { path: { id: snapshot.id } }, body }),
    saved: t('The snapshot is on hold'),
    onSaved: close,
  });
  return (
    <FormDialog
      title={t('Place a hold on this snapshot')}
      help="locks"
      description={t('A snapshot on hold is not deleted until the hold is released.')}
      editor={editor}
      submit={t('Hold')}
      close={close}
    >
      <TextField {...editor.field('why')} label={t('Reason')} isRequired />
    </FormDialog>
  );
}

function LockDialog({ snapshot, close }: Props) {
  const { t } = useTranslation();
  const may = useMay();
  const editor = useEditor({
    initial: { days: 30, compliance: false },
    save: (body) => client.PUT('/snapshots/{id}/lock', { params: { path: { id: snapshot.id } }, body }),
    saved: t('The snapshot is locked'),
    onSaved: close,
  });
  return (
    <FormDialog
      title={t('Lock this snapshot')}
      help="locks"
      description={t('A locked snapshot cannot be deleted before the lock expires.')}
      editor={editor}
      submit={t('Lock')}
      close={close}
    >
      <NumberField {...editor.field('days')} label={t('Duration (days from now)')} />
      {may('DESTROY') ? (
        <CheckField
          {...editor.field('compliance')}
          label={t('Compliance mode: the lock can be extended, never shortened or removed, even by an administrator')}
        />
      ) : null}
    </FormDialog>
  );
}

/** The actions that the user is permitted to take on a snapshot. `open` opens a dialog. */
function useItems(snapshot: Snapshot, open: (dialog: 'hold' | 'lock' | 'metal') => void) {
  const { t } = useTranslation();
  const may = useMay();
  const { act, ask } = useActions();
  const navigate = useNavigate();
  const path = { params: { path: { id: snapshot.id } } };
  const forget = async () => {
    const sure = await ask({
      title: t('Delete this snapshot permanently?'),
      text: (
        <p>
          {snapshot.node}, <Time exact at={snapshot.taken} />
        </p>
      ),
      word: snapshot.node,
      button: t('Delete'),
    });
    if (sure) {
      await act(() => client.DELETE('/snapshots/{id}', path), t('The snapshot was deleted'));
    }
  };
  const recover = async () => {
    const begin = () => client.POST('/instant-recoveries', { body: { snapshot: snapshot.id } });
    if (await act(begin, t('The disks are served'))) {
      void navigate('/instant-recovery');
    }
  };
  const verify = () => act(() => client.POST('/snapshots/{id}/verify', path), t('Verification was requested'));
  const release = async () => {
    const sure = await ask({
      title: t('Release the hold on this snapshot?'),
      text: <p>{t('The policy of the node may then delete it.')}</p>,
      word: snapshot.node,
      button: t('Release hold'),
    });
    if (sure) {
      await act(() => client.DELETE('/snapshots/{id}/hold', path), t('The hold was released'));
    }
  };
  const hasDisks = snapshot.sources.some((each) => each.startsWith('/disks/'));
  return [
    {
      text: t('Files on disks'),
      shown: may('BROWSE') && hasDisks,
      does: () => void navigate(`/disk-files?snapshot=${snapshot.id}`),
    },
    { text: t('Instant recovery'), shown: may('RESTORE') && hasDisks, does: () => void recover() },
    { text: t('Bare metal'), shown: may('RESTORE') && may('ENROL') && hasDisks, does: () => open('metal') },
    { text: t('Verify'), shown: may('OPERATE'), does: () => void verify() },
    { text: t('Hold'), shown: may('PROTECT'), does: () => open('hold') },
    { text: t('Lock'), shown: may('PROTECT'), does: () => open('lock') },
    { text: t('Release hold'), shown: may('DESTROY') && snapshot.kept.startsWith('held'), does: () => void release() },
    { text: t('Delete'), shown: may('DESTROY'), does: () => void forget(), isDanger: true },
  ].filter((item) => item.shown);
}

export function SnapshotMenu({ snapshot }: { snapshot: Snapshot }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [dialog, setDialog] = useState<'' | 'hold' | 'lock' | 'metal'>('');
  const items = useItems(snapshot, setDialog);
  const close = () => setDialog('');
  if (items.length === 0) {
    return null;
  }
  return (
    <>
      <Dropdown
        isOpen={open}
        onOpenChange={setOpen}
        onSelect={() => setOpen(false)}
        popperProps={{ position: 'right' }}
        toggle={(ref) => (
          <MenuToggle
            ref={ref}
            variant="plain"
            isExpanded={open}
            onClick={() => setOpen(!open)}
            icon={<EllipsisVIcon />}
            aria-label={t('Snapshot actions')}
          />
        )}
      >
        <DropdownList>
          {items.map((item) => (
            <DropdownItem key={item.text} isDanger={item.isDanger} onClick={item.does}>
              {item.text}
            </DropdownItem>
          ))}
        </DropdownList>
      </Dropdown>
      {dialog === 'hold' ? <HoldDialog snapshot={snapshot} close={close} /> : null}
      {dialog === 'metal' ? <BareMetalDialog snapshot={snapshot} close={close} /> : null}
      {dialog === 'lock' ? <LockDialog snapshot={snapshot} close={close} /> : null}
    </>
  );
}
