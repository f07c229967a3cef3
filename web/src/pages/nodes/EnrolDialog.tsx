import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import { Copyable, Time } from '../../components/basics';
import { Dialog, FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { SelectField } from '../../components/fields';

/** Makes a token by which a machine becomes a node, or by which the given node gets a new certificate. */
export function EnrolDialog({ node, close }: { node: string; close: () => void }) {
  const { t } = useTranslation();
  const [made, setMade] = useState<{ command: string; expiresAt: string; caFingerprint: string } | null>(null);
  const editor = useEditor({
    initial: { minutes: '60' },
    save: async ({ minutes }) => {
      const { data } = await client.POST('/nodes/tokens', { body: { validMinutes: Number(minutes), node } });
      setMade(data ?? null);
    },
    saved: '',
  });
  const frame = {
    title: node ? t('New certificate for {{node}}', { node }) : t('Enrol a node'),
    description: t(
      'A one-time token lets a machine in. Run the command on the machine, with Holdfast installed there.',
    ),
    variant: 'medium' as const,
    close,
  };
  if (!made) {
    return (
      <FormDialog {...frame} editor={editor} submit={t('Make a token')}>
        <SelectField
          {...editor.field('minutes')}
          label={t('The token is good for')}
          options={[
            ['15', t('15 minutes')],
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
      <Copyable text={made.command} label={t('Command for the machine')} />
      <p>
        {t('Then start its service, so that plans reach it:')} <code>holdfast service</code>
      </p>
      <p className="hf-subtle">
        {t('The token is good once, until')} <Time at={made.expiresAt} />. {t('Fingerprint of the appliance:')}{' '}
        <code>{made.caFingerprint}</code>
      </p>
    </Dialog>
  );
}
