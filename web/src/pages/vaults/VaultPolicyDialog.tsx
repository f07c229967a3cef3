import type { FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import type { VaultPolicy } from '../../api/types';
import { useActions } from '../../components/actions';
import { FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { LinesField, NumberField, SelectField } from '../../components/fields';
import { HoursField } from '../../components/planning';
import { WHENS } from './words';

const LIMIT = /^(.*?)\s*=\s*(\d+(?:\.\d+)?)\s*MB\/s$/i;
const MEGABYTE = 1e6;

function draftOf({ when, windows, bandwidth, nodes, keepDays, evictAbove }: VaultPolicy) {
  return {
    when,
    windows,
    limits: bandwidth.map((each) => `${each.hours} = ${each.bytesPerSecond / MEGABYTE} MB/s`),
    nodes,
    keepDays: keepDays ?? 0,
    evictAbove,
  };
}

function policyOf(policy: VaultPolicy, { limits, ...draft }: ReturnType<typeof draftOf>): VaultPolicy {
  return {
    ...policy,
    ...draft,
    keepDays: draft.keepDays || null,
    bandwidth: limits.map((line) => {
      const form = LIMIT.exec(line);
      return { hours: form?.[1] ?? '', bytesPerSecond: Math.round(Number(form?.[2] ?? 0) * MEGABYTE) };
    }),
  };
}

export function VaultPolicyDialog({ name, policy, close }: { name: string; policy: VaultPolicy; close: () => void }) {
  const { t } = useTranslation();
  const { ask } = useActions();
  const editor = useEditor({
    initial: draftOf(policy),
    validate: ({ limits, evictAbove }) => {
      const wrong = limits.find((line) => !LIMIT.test(line));
      return {
        limits: wrong ? t('Invalid limit “{{line}}”; expected HOURS = NUMBER MB/s', { line: wrong }) : undefined,
        evictAbove: evictAbove < 1 || evictAbove > 100 ? t('Enter a value between 1 and 100.') : undefined,
      };
    },
    save: (draft) => client.PUT('/vaults/{name}/policy', { params: { path: { name } }, body: policyOf(policy, draft) }),
    saved: t('The vault policy was saved'),
    onSaved: close,
  });
  const { field } = editor;
  const before = policy.keepDays || Number.POSITIVE_INFINITY;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!editor.valid) {
      return;
    }
    const { keepDays } = editor.draft;
    const sure =
      !(keepDays > 0 && keepDays < before) ||
      (await ask({
        title: t('Keep snapshots in vault {{name}} for a shorter time?', { name }),
        text: <p>{t('Older snapshots are deleted from the vault permanently.')}</p>,
        word: name,
        button: t('Save'),
      }));
    if (sure) {
      editor.submit(event);
    }
  };
  const never = policy.when === 'NEVER';
  return (
    <FormDialog
      variant="medium"
      title={t('Upload policy of vault {{name}}', { name })}
      editor={{ ...editor, submit: (event) => void submit(event) }}
      submit={t('Save')}
      close={close}
    >
      <SelectField
        {...field('when')}
        label={t('Start uploads')}
        isDisabled={never}
        options={(never ? (['NEVER'] as const) : (['IMMEDIATELY', 'MANUALLY'] as const)).map((each) => [
          each,
          t(WHENS[each]),
        ])}
      />
      <HoursField {...field('windows')} label={t('Upload only during (one window per line)')} />
      <LinesField
        {...field('limits')}
        label={t('Bandwidth limits (one per line; the first match applies)')}
        placeholder="mon-fri 08:00-18:00 = 5 MB/s"
      />
      <LinesField
        {...field('nodes')}
        label={t('Node name patterns (one per line; empty: all nodes)')}
        placeholder="db-*"
      />
      <NumberField
        {...field('keepDays')}
        empty={0}
        label={t('Keep snapshots in the vault for (days; empty: as long as on the appliance)')}
      />
      <NumberField
        {...field('evictAbove')}
        min={1}
        max={100}
        label={t('Evict from volumes above usage of (percent; 100: never)')}
      />
    </FormDialog>
  );
}
