import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import type { Snapshot } from '../../api/types';
import { Copyable } from '../../components/basics';
import { Dialog, FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { SelectField } from '../../components/fields';
import { Time } from '../../components/Time';

/** Creates a token by which the rescue system may restore the machine of a snapshot, and tells what to type there. */
export function BareMetalDialog({ snapshot, close }: { snapshot: Snapshot; close: () => void }) {
  const { t } = useTranslation();
  const node = snapshot.node;
  const [made, setMade] = useState<{ address: string; token: string; expiresAt: string } | null>(null);
  const editor = useEditor({
    initial: { minutes: '1440' },
    save: async ({ minutes }) => {
      const { data } = await client.POST('/nodes/tokens', {
        body: { validMinutes: Number(minutes), restores: [node] },
      });
      // The command names the appliance as this browser does.
      const address = data?.command.split(' ').find((word) => word.startsWith('https://')) ?? '';
      setMade(data ? { address, token: data.token, expiresAt: data.expiresAt } : null);
    },
    saved: '',
  });
  const frame = {
    title: t('Restore {{node}} to bare metal', { node }),
    description: t(
      'The rescue system restores all disks to another machine. It needs a token, which gives access to the snapshots of this node for a week, and to nothing else. The node keeps its certificate.',
    ),
    variant: 'medium' as const,
    close,
  };
  if (!made) {
    return (
      <FormDialog {...frame} help="bareMetal" editor={editor} submit={t('Create token')}>
        <SelectField
          {...editor.field('minutes')}
          label={t('Token validity')}
          options={[
            ['60', t('1 hour')],
            ['1440', t('1 day')],
            ['10080', t('7 days')],
          ]}
        />
      </FormDialog>
    );
  }
  return (
    <Dialog {...frame} closeLabel={t('Close')}>
      <p>{t('Start the machine from the rescue system, choose the first entry of its menu, and enter:')}</p>
      <Copyable text={made.address} label={t('Address of the appliance')} />
      <Copyable text={made.token} label={t('Token')} />
      <p className="hf-subtle">
        {t('This snapshot is the one of')} <Time exact at={snapshot.taken} /> ({snapshot.id.slice(0, 8)}).{' '}
        {t('The token can be used once and expires at')} <Time at={made.expiresAt} />.
      </p>
    </Dialog>
  );
}
