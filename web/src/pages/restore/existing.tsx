import { useTranslation } from 'react-i18next';
import { type FieldProps, SelectField } from '../../components/fields';
import { msg } from '../../i18n';

/** What becomes of files that are there, with its meaning. */
const WAYS: readonly (readonly [value: string, text: string, meaning: string])[] = [
  [
    'if-changed',
    msg('Replace files that differ'),
    msg(
      'Existing files are compared byte by byte. Files that differ are replaced, including owner, permissions and times.',
    ),
  ],
  [
    'quick',
    msg('Replace files that differ in size or time'),
    msg('Faster: a file with the same size and time as in the backup is considered unchanged and is not read.'),
  ],
  [
    'if-newer',
    msg('Keep newer files'),
    msg('Files that are as new as those in the backup, or newer, are kept. Older ones are replaced.'),
  ],
  ['always', msg('Replace all'), msg('All files are written again, without comparison.')],
  ['never', msg('Keep all'), msg('Only missing files are restored. Files that are kept are listed in the task log.')],
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
