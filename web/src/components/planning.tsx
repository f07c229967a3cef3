import { useTranslation } from 'react-i18next';
import { api } from '../api/client';
import { msg } from '../i18n';
import { CheckField, ChecksField, type FieldProps, LinesField, SelectField, TextField } from './fields';

type Props<T> = FieldProps<T> & { label: string; help?: string };

/** Selects nodes. Revoked nodes are listed only if they are already selected. */
export function NodesField({
  all,
  ...props
}: Props<string[]> & { all?: { label: string; value: boolean; onChange: (value: boolean) => void } }) {
  const { t } = useTranslation();
  const nodes = api.useQuery('get', '/nodes');
  const names = (nodes.data?.nodes ?? [])
    .filter((node) => node.active || props.value.includes(node.name))
    .map((node) => node.name);
  return (
    <ChecksField
      {...props}
      options={names}
      value={all?.value ? names : props.value}
      isDisabled={props.isDisabled || all?.value}
      help={nodes.data?.nodes.length === 0 ? t('No nodes are enrolled.') : props.help}
      first={all ? <CheckField {...all} /> : undefined}
    />
  );
}

/** Windows of the week, one per line. */
export function HoursField(props: Props<string[]>) {
  return <LinesField {...props} placeholder="mon-fri 18:00-06:00" />;
}

const SCHEDULES = [
  ['* * * * *', msg('Every minute')],
  ['*/5 * * * *', msg('Every 5 minutes')],
  ['*/15 * * * *', msg('Every 15 minutes')],
  ['0 * * * *', msg('Every hour')],
  ['0 */4 * * *', msg('Every 4 hours')],
  ['0 1 * * *', msg('Every night at 01:00')],
  ['0 22 * * 1-5', msg('On workdays at 22:00')],
  ['0 3 * * 0', msg('On Sundays at 03:00')],
  ['', msg('Only on demand')],
] as const;

/** Selects a predefined schedule or a custom cron expression. */
export function ScheduleField({ label, value, onChange, isDisabled }: Props<string>) {
  const { t } = useTranslation();
  const usual = SCHEDULES.some(([cron]) => cron === value);
  return (
    <>
      <SelectField
        label={label}
        value={usual ? value : 'other'}
        isDisabled={isDisabled}
        onChange={(chosen) => onChange(chosen === 'other' ? '30 2 * * *' : chosen)}
        options={[...SCHEDULES.map(([cron, text]) => [cron, t(text)] as const), ['other', t('Custom cron expression')]]}
      />
      {usual ? null : (
        <TextField
          label={t('Cron expression')}
          value={value}
          onChange={onChange}
          isDisabled={isDisabled}
          help={t('Fields: minute, hour, day of the month, month, day of the week.')}
        />
      )}
    </>
  );
}
