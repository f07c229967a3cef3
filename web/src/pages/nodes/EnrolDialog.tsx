import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import { Copyable } from '../../components/basics';
import { Dialog, FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { SelectField } from '../../components/fields';
import { Time } from '../../components/Time';

/** Creates a token that issues a new certificate to an existing node. */
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
    title: t('New certificate for {{node}}', { node }),
    description: t('Enrolment uses a one-time token. Install Holdfast on the machine, then run the command there.'),
    variant: 'medium' as const,
    close,
  };
  if (!made) {
    return (
      <FormDialog {...frame} help={node ? 'reinstalled' : 'enrol'} editor={editor} submit={t('Create token')}>
        <SelectField
          {...editor.field('minutes')}
          label={t('Token validity')}
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
      <Copyable text={made.command} label={t('Enrolment command')} />
      <p>
        {t('Then start the client service, which receives the plans:')} <code>holdfast service</code>
      </p>
      <p className="hf-subtle">
        {t('The token can be used once and expires at')} <Time at={made.expiresAt} />. {t('Appliance fingerprint:')}{' '}
        <code>{made.caFingerprint}</code>
      </p>
    </Dialog>
  );
}
