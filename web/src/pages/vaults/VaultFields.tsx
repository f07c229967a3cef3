import { ExpandableSection } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import { type Editor, type Errors, useEditor } from '../../components/editor';
import { PasswordField, SelectField, TextField } from '../../components/fields';
import { TryButton } from '../../components/trying';
import { bodyOf, type Draft, EMPTY } from './place';
import { Passed } from './Tested';
import { useHoursErrors, WeekField } from './WeekField';
import { CLASSES, WHENS } from './words';

const BUCKET = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
const REGION = /^[a-z]{2}-[a-z0-9-]{2,40}$/;
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

function useErrors(): (draft: Draft) => Errors<Draft> {
  const { t } = useTranslation();
  const hours = useHoursErrors();
  const missing = t('This field is required.');
  return (draft) => ({
    ...hours(draft),
    name: NAME.test(draft.name) ? undefined : t('Use lower-case letters, digits and dashes.'),
    ...(draft.kind === 'directory'
      ? {
          directory: draft.directory.startsWith('/')
            ? undefined
            : t('Enter an absolute path, such as /mnt/nas/holdfast.'),
        }
      : {
          bucket: BUCKET.test(draft.bucket)
            ? undefined
            : t('Enter the name of the bucket: 3 to 63 lower-case letters, digits and dashes.'),
          region: REGION.test(draft.region) ? undefined : t('Enter the region, such as cn-hangzhou.'),
          endpoint:
            !draft.endpoint || /^https?:\/\/\S+$/.test(draft.endpoint)
              ? undefined
              : t('Enter a URL that begins with https://.'),
          keyId: draft.keyId ? undefined : missing,
          keySecret: draft.keySecret ? undefined : missing,
        }),
  });
}

/** An editor for a vault that is to be set under a name. */
export function useVaultEditor({ name, keep, onSaved }: { name: string; keep?: string; onSaved?: () => void }) {
  const { t } = useTranslation();
  const validate = useErrors();
  return useEditor<Draft>({
    initial: { ...EMPTY, name },
    keep,
    validate,
    save: (draft) =>
      client.PUT('/vaults/{name}', { params: { path: { name: draft.name } }, body: bodyOf(draft, false) }),
    saved: t('The vault was configured'),
    onSaved,
  });
}

/** The access key of a bucket. The appliance stores it encrypted and never shows it. */
export function KeyFields({ editor }: { editor: Editor<{ keyId: string; keySecret: string }> }) {
  const { t } = useTranslation();
  return (
    <>
      <TextField {...editor.field('keyId')} label={t('AccessKey ID')} isRequired autoComplete="off" />
      <PasswordField
        {...editor.field('keySecret')}
        label={t('AccessKey secret')}
        isRequired
        autoComplete="off"
        help={t(
          'Use the key of a RAM user that can access only this bucket and prefix. The key is stored encrypted with the keys of the appliance and never shown again.',
        )}
      />
    </>
  );
}

function NetworkFields({ editor }: { editor: Editor<Draft> }) {
  const { t } = useTranslation();
  const { field } = editor;
  return (
    <>
      <SelectField
        {...field('network')}
        label={t('Network')}
        options={[
          ['public', t('Public endpoint')],
          ['internal', t('Internal endpoint (from within the region, free of traffic charges)')],
          ['accelerate', t('Transfer acceleration')],
        ]}
      />
      <TextField
        {...field('endpoint')}
        label={t('Other endpoint')}
        help={t('Leave empty to use the endpoint of the region, or enter a private link or your own domain.')}
        placeholder="https://oss.example.com"
      />
      <SelectField
        {...field('addressing')}
        label={t('Addressing style')}
        options={[
          ['host', t('Bucket in the host name')],
          ['path', t('Bucket in the path')],
          ['custom_domain', t('Custom domain')],
        ]}
      />
      <TextField {...field('proxy')} label={t('HTTP proxy')} placeholder="http://proxy.example.com:3128" />
    </>
  );
}

function BucketFields({ editor }: { editor: Editor<Draft> }) {
  const { t } = useTranslation();
  const { field } = editor;
  const [more, setMore] = useState(false);
  return (
    <>
      <TextField {...field('bucket')} label={t('Bucket')} isRequired autoComplete="off" />
      <TextField {...field('region')} label={t('Region')} isRequired placeholder="cn-hangzhou" />
      <TextField
        {...field('prefix')}
        label={t('Prefix')}
        help={t('The folder in the bucket. Leave empty to use the whole bucket.')}
        placeholder="office"
      />
      <KeyFields editor={editor as unknown as Editor<{ keyId: string; keySecret: string }>} />
      <ExpandableSection toggleText={t('Network settings')} isExpanded={more} onToggle={(_, open) => setMore(open)}>
        <div className="hf-stack">
          <NetworkFields editor={editor} />
        </div>
      </ExpandableSection>
    </>
  );
}

function PolicyFields({ editor }: { editor: Editor<Draft> }) {
  const { t } = useTranslation();
  const { field } = editor;
  const [more, setMore] = useState(false);
  return (
    <ExpandableSection
      toggleText={t('Storage class, upload hours and bandwidth')}
      isExpanded={more}
      onToggle={(_, open) => setMore(open)}
    >
      <div className="hf-stack">
        <SelectField
          {...field('when')}
          label={t('Start uploads')}
          options={(['IMMEDIATELY', 'MANUALLY'] as const).map((each) => [each, t(WHENS[each])])}
        />
        {editor.draft.kind === 'oss' ? (
          <SelectField
            {...field('storageClass')}
            label={t('Storage class')}
            help={t(
              'Objects in Archive and ColdArchive must be thawed before a restore, which takes hours. OSS charges IA for at least 30 days, Archive for 60, ColdArchive for 180.',
            )}
            options={(Object.keys(CLASSES) as Draft['storageClass'][]).map((each) => [each, CLASSES[each]])}
          />
        ) : null}
        <WeekField editor={editor} />
      </div>
    </ExpandableSection>
  );
}

/** The fields of a vault that is to be set, with a test of what is typed. */
export function VaultFields({ editor, isCopy }: { editor: Editor<Draft>; isCopy: boolean }) {
  const { t } = useTranslation();
  const { draft, field } = editor;
  const bucket = draft.kind === 'oss';
  const test = async () => {
    const path = { path: { name: draft.name } };
    const { data } = await client.PUT('/vaults/{name}', { params: path, body: bodyOf(draft, true) });
    return data ? <Passed tried={data} bucket={bucket} /> : null;
  };
  return (
    <>
      {isCopy ? (
        <TextField
          {...field('name')}
          label={t('Name')}
          isRequired
          help={t('A copy of the vault “vault” in another location.')}
        />
      ) : null}
      <SelectField
        {...field('kind')}
        label={t('Kind of vault')}
        options={[
          ['oss', t('Bucket in Alibaba Cloud OSS')],
          ['directory', t('Directory of a mounted NAS or disk')],
        ]}
      />
      {bucket ? (
        <BucketFields editor={editor} />
      ) : (
        <TextField
          {...field('directory')}
          label={t('Directory on the appliance')}
          isRequired
          placeholder="/mnt/nas/holdfast"
          help={t(
            'The directory must exist, be empty, and be writable for the appliance. The console does not create it.',
          )}
        />
      )}
      <PolicyFields editor={editor} />
      <TryButton draft={draft} label={t('Test connection')} isDisabled={!editor.valid} run={test} />
    </>
  );
}
