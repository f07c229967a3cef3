import type { FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import type { VaultPolicy } from '../../api/types';
import { useActions } from '../../components/actions';
import { FormDialog } from '../../components/dialogs';
import { type Editor, useEditor } from '../../components/editor';
import { LinesField, NumberField, SelectField } from '../../components/fields';
import { rateText } from '../../lib/week';
import { bandwidthOf } from './place';
import { useHoursErrors, WeekField } from './WeekField';
import { CLASSES, WHENS } from './words';

const COLDER = /^(\d{1,5})\s*=\s*(IA|Archive|ColdArchive)$/;

function draftOf({ when, windows, bandwidth, nodes, keepDays, evictAbove, containerClass, colder }: VaultPolicy) {
  return {
    when,
    windows,
    limits: bandwidth.map((each) => `${each.hours} = ${rateText(each.bytesPerSecond)}`),
    containerClass,
    colder: colder.map((each) => `${each.afterDays} = ${CLASSES[each.to]}`),
    nodes,
    keepDays: keepDays ?? 0,
    evictAbove,
  };
}

const classOf = (label?: string) =>
  (Object.keys(CLASSES) as VaultPolicy['containerClass'][]).find((each) => CLASSES[each] === label) ?? 'STANDARD';

function policyOf(policy: VaultPolicy, { limits, colder, ...draft }: ReturnType<typeof draftOf>): VaultPolicy {
  return {
    ...policy,
    ...draft,
    keepDays: draft.keepDays || null,
    bandwidth: bandwidthOf(limits),
    colder: colder.map((line) => {
      const form = COLDER.exec(line);
      return { afterDays: Number(form?.[1]), to: classOf(form?.[2]) };
    }),
  };
}

function ClassFields({ editor }: { editor: Editor<ReturnType<typeof draftOf>> }) {
  const { t } = useTranslation();
  const { field } = editor;
  return (
    <>
      <SelectField
        {...field('containerClass')}
        label={t('Storage class')}
        help={t('A changed class applies to what is uploaded from now on.')}
        options={(Object.keys(CLASSES) as VaultPolicy['containerClass'][]).map((each) => [each, CLASSES[each]])}
      />
      <LinesField
        {...field('colder')}
        label={t('Transitions to colder classes (DAYS = CLASS, one per line)')}
        placeholder="30 = IA"
      />
    </>
  );
}

export function VaultPolicyDialog({
  name,
  policy,
  bucket,
  close,
}: {
  name: string;
  policy: VaultPolicy;
  bucket: boolean;
  close: () => void;
}) {
  const { t } = useTranslation();
  const { ask } = useActions();
  const hours = useHoursErrors();
  const editor = useEditor({
    initial: draftOf(policy),
    validate: (draft) => {
      const wrong = draft.colder.find((line) => !COLDER.test(line));
      return {
        ...hours(draft),
        colder: wrong
          ? t('Invalid rule “{{line}}”; expected DAYS = IA, Archive or ColdArchive', { line: wrong })
          : undefined,
        evictAbove: draft.evictAbove < 1 || draft.evictAbove > 100 ? t('Enter a value between 1 and 100.') : undefined,
      };
    },
    save: (draft) => client.PUT('/vaults/{name}/policy', { params: { path: { name } }, body: policyOf(policy, draft) }),
    saved: t('The upload policy was saved'),
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
      help="vault"
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
      <WeekField editor={editor} />
      {bucket ? <ClassFields editor={editor} /> : null}
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
        label={t('Evict from volumes above this usage (percent; 100: never)')}
      />
    </FormDialog>
  );
}
