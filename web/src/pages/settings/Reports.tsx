import { Alert, Button } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client } from '../../api/client';
import type { ReportSchedule, ScheduledReports } from '../../api/types';
import { ActionButton } from '../../components/actions';
import { Loaded, Nothing, Panel } from '../../components/basics';
import { Dialog } from '../../components/dialogs';
import { EditorForm, useEditor } from '../../components/editor';
import { LinesField, NumberField, SelectField, TextField } from '../../components/fields';
import { useMay } from '../../components/session';
import { Time } from '../../components/Time';
import { msg, useWords } from '../../i18n';
import { NewChannel } from '../alerts/AlertChannels';

const EVERY = [
  ['never', msg('Off')],
  ['daily', msg('Daily')],
  ['weekly', msg('Weekly')],
  ['monthly', msg('Monthly')],
] as const;

const WEEKDAYS = [
  ['1', msg('Monday')],
  ['2', msg('Tuesday')],
  ['3', msg('Wednesday')],
  ['4', msg('Thursday')],
  ['5', msg('Friday')],
  ['6', msg('Saturday')],
  ['7', msg('Sunday')],
] as const;

const ZONES = Intl.supportedValuesOf('timeZone');
const here = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What a first schedule begins with: the zone and the address that this browser uses. */
function suggested({ schedule, channels }: ScheduledReports): ReportSchedule {
  return schedule.every !== 'never'
    ? schedule
    : {
        ...schedule,
        zone: schedule.channel ? schedule.zone : here(),
        channel: schedule.channel || (channels[0] ?? ''),
        console: schedule.console || window.location.origin,
      };
}

/** The report as it would be sent. The frame neither runs scripts nor leaves the page. */
function Preview({ every, language, close }: { every: string; language: string; close: () => void }) {
  const { t } = useTranslation();
  const report = api.useQuery(
    'get',
    '/report',
    { params: { query: { every: every === 'never' ? 'daily' : every, language } } },
    { staleTime: 0 },
  );
  return (
    <Dialog title={t('Preview of the report')} variant="medium" close={close} closeLabel={t('Close')}>
      <Loaded query={report}>
        {({ subject, html }) => (
          <>
            <p>
              <strong>{subject}</strong>
            </p>
            <iframe className="hf-letter" title={t('Preview of the report')} sandbox="allow-popups" srcDoc={html} />
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

function Form({ state }: { state: ScheduledReports }) {
  const { t } = useTranslation();
  const words = useWords();
  const may = useMay();
  const [shown, setShown] = useState(false);
  const readOnly = !may('SETTINGS');
  const editor = useEditor({
    initial: suggested(state),
    readOnly,
    validate: (draft) => ({
      timeOfDay: /^([01]\d|2[0-3]):[0-5]\d$/.test(draft.timeOfDay) ? undefined : t('Enter a time such as 07:00.'),
      monthDay: draft.monthDay < 1 || draft.monthDay > 28 ? t('Enter a day between 1 and 28.') : undefined,
    }),
    save: (body) => client.PUT('/report-schedule', { body }),
    saved: t('The schedule of reports was saved'),
  });
  const { draft, set, field } = editor;
  return (
    <>
      {state.error ? (
        <Alert isInline variant="danger" component="p" title={t('The last report could not be sent')}>
          {words(state.error, state.errorPhrase)}
        </Alert>
      ) : null}
      <p className="hf-subtle">
        {t('Next report:')} <Time at={state.next} exact />. {t('Last report:')} <Time at={state.sent} exact />.
      </p>
      <EditorForm help="reports" editor={editor} submit={t('Save')}>
        <SelectField
          {...field('every')}
          label={t('Send reports')}
          options={EVERY.map(([value, text]) => [value, t(text)])}
        />
        {draft.every === 'weekly' ? (
          <SelectField
            label={t('Weekday')}
            isDisabled={readOnly}
            value={String(draft.weekday)}
            onChange={(day) => set({ weekday: Number(day) })}
            options={WEEKDAYS.map(([value, text]) => [value, t(text)])}
          />
        ) : null}
        {draft.every === 'monthly' ? (
          <NumberField {...field('monthDay')} label={t('Day of the month')} min={1} />
        ) : null}
        <TextField {...field('timeOfDay')} label={t('Time of day')} placeholder="07:00" />
        <SelectField
          {...field('zone')}
          label={t('Time zone')}
          options={[...new Set([draft.zone, ...ZONES])].map((zone) => [zone, zone])}
        />
        <SelectField
          {...field('language')}
          label={t('Language')}
          options={[
            ['en', 'English'],
            ['zh', '中文'],
          ]}
        />
        <SelectField
          {...field('channel')}
          label={t('Mail channel')}
          help={t('The mail server of this channel sends the reports.')}
          options={[...new Set([draft.channel, ...state.channels])].map((name) => [name, name])}
        />
        <LinesField
          {...field('to')}
          label={t('Recipients')}
          help={t('One address per line. Leave empty to use the recipients of the mail channel.')}
        />
        <TextField
          {...field('console')}
          label={t('Address of the console')}
          help={t('For links in the mail. Leave empty for no links.')}
        />
      </EditorForm>
      <div className="hf-inline">
        <Button variant="secondary" onClick={() => setShown(true)}>
          {t('Preview')}
        </Button>
        {readOnly || !state.schedule.channel ? null : (
          <ActionButton
            variant="secondary"
            isDisabled={editor.dirty}
            run={() => client.POST('/report/send', { body: {} })}
            success={t('The report was sent')}
          >
            {t('Send now')}
          </ActionButton>
        )}
      </div>
      {shown ? <Preview every={draft.every} language={draft.language} close={() => setShown(false)} /> : null}
    </>
  );
}

/** Reports by mail: when, to whom, and how they look. */
export function Reports() {
  const { t } = useTranslation();
  const schedule = api.useQuery('get', '/report-schedule');
  return (
    <Panel className="hf-two" title={t('Reports by mail')}>
      <p>{t('The verdict of the overview, what needs attention, and the state of backups, storage and vaults.')}</p>
      <Loaded query={schedule}>
        {(state) =>
          state.channels.length === 0 && !state.schedule.channel ? (
            <Nothing title={t('No mail channel')} action={<NewChannel label={t('Set up alerts')} />}>
              {t('Reports are sent by the mail server of an alert channel.')}
            </Nothing>
          ) : (
            <Form state={state} />
          )
        }
      </Loaded>
    </Panel>
  );
}
