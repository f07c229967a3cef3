import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import { EditorForm, useEditor } from '../../components/editor';
import { TextField } from '../../components/fields';

const POLICY = {
  when: 'IMMEDIATELY' as const,
  windows: [],
  bandwidth: [],
  leastAgeSeconds: 0,
  nodes: [],
  containerClass: 'STANDARD' as const,
  colder: [],
  parallelParts: 4,
  evictAbove: 100,
};

/** A vault in a directory. A bucket needs credentials, which do not pass through a browser. */
export function VaultStep() {
  const { t } = useTranslation();
  const editor = useEditor({
    initial: { directory: '' },
    keep: 'vault',
    validate: ({ directory }) => ({
      directory: directory.startsWith('/') ? undefined : t('Enter an absolute path, such as /mnt/nas/holdfast.'),
    }),
    save: ({ directory }) =>
      client.PUT('/vaults/{name}', {
        params: { path: { name: 'vault' } },
        body: { address: { url: `file://${directory}` }, policy: POLICY, dryRun: false },
      }),
    saved: t('The vault was configured; it is used from the next start of the appliance'),
  });
  return (
    <>
      <EditorForm editor={editor} submit={t('Test and configure')}>
        <TextField
          {...editor.field('directory')}
          label={t('Directory of a mounted NAS')}
          help={t('The appliance must be able to write there.')}
        />
      </EditorForm>
      <p>
        {t(
          'For a bucket, configure the vault on the appliance, so that its credentials do not pass through a browser:',
        )}{' '}
        <code>holdfast-appliance vault set oss://BUCKET/PREFIX --region cn-hangzhou --credentials-file F</code>
      </p>
    </>
  );
}
