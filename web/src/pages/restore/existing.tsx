import { useTranslation } from 'react-i18next';
import { type FieldProps, SelectField } from '../../components/fields';
import { msg } from '../../i18n';

/** What becomes of files that are there, with its meaning. */
const WAYS: readonly (readonly [value: string, text: string, meaning: string])[] = [
  [
    'if-changed',
    msg('Replace those that differ'),
    msg(
      'Existing files are compared byte by byte. Those that differ become as they were, also in owner, permissions and times.',
    ),
  ],
  [
    'quick',
    msg('Replace those that differ in size or time'),
    msg('Faster: a file with the size and time of the backup is taken for unchanged, without reading it.'),
  ],
  [
    'if-newer',
    msg('Keep those that are newer'),
    msg(
      'A file on the machine that is as new as the one in the backup, or newer, stays as it is. Older ones are replaced.',
    ),
  ],
  ['always', msg('Replace all'), msg('All files are written again, without comparing.')],
  [
    'never',
    msg('Keep all'),
    msg('Only files that are missing are restored. Those that stay are named in the log of the task.'),
  ],
];

export function ExistingField(field: FieldProps<string>) {
  const { t } = useTranslation();
  const meaning = WAYS.find(([value]) => value === field.value)?.[2] ?? '';
  return (
    <SelectField
      {...field}
      label={t('Existing files')}
      options={WAYS.map(([value, text]) => [value, t(text)] as const)}
      help={`${t(meaning)} ${t('Other files on the machine are never deleted.')}`}
    />
  );
}
