import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api } from '../../api/client';
import type { Calendar as Runs } from '../../api/types';
import { Loaded } from '../../components/basics';
import { duration, millis, utc } from '../../lib/format';

type Due = Runs['due'][number];
type Band = Runs['bands'][number];

const DAY_MILLIS = 24 * 3600_000;

function clock(at: string, language: string): string {
  return new Date(at).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit' });
}

/** As the appliance names days: 2026-11-28. */
function nameOf(day: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

function PlanOnDay({ plan, nodes }: { plan: string; nodes: string[] }) {
  const { t } = useTranslation();
  return (
    <>
      <Link to={`/plans/${plan}`}>{plan}</Link>{' '}
      <span className="hf-subtle" title={nodes.join(', ')}>
        {t('{{count}} nodes', { count: nodes.length })}
      </span>
      <br />
    </>
  );
}

/** A plan that runs too often on a day for its runs to be listed: from the first to the last. */
function OftenOnDay({ band, day }: { band: Band; day: Date }) {
  const { t, i18n } = useTranslation();
  const share = (at: string) => Math.min(100, Math.max(0, ((millis(at) - day.getTime()) / DAY_MILLIS) * 100));
  const begin = share(band.first);
  return (
    <div title={`${utc(band.first)} – ${utc(band.last)}`}>
      <PlanOnDay plan={band.plan} nodes={band.nodes} />
      {band.everySeconds > 0 ? t('every {{time}}', { time: duration(band.everySeconds) }) : t('at varying intervals')}
      {', '}
      {clock(band.first, i18n.language)}–{clock(band.last, i18n.language)}, {t('{{count}} runs', { count: band.count })}
      <div
        className="hf-band"
        style={{ marginInlineStart: `${begin}%`, inlineSize: `${Math.max(2, share(band.last) - begin)}%` }}
      />
    </div>
  );
}

function SeldomOnDay({ plan, runs }: { plan: string; runs: Due[] }) {
  const { i18n } = useTranslation();
  return (
    <p>
      <PlanOnDay plan={plan} nodes={runs[0]?.nodes ?? []} />
      {runs.map((run) => (
        <time key={run.at} title={utc(run.at)}>
          {clock(run.at, i18n.language)}{' '}
        </time>
      ))}
    </p>
  );
}

function Day({ day, runs }: { day: Date; runs: Runs }) {
  const { i18n } = useTranslation();
  const end = new Date(day);
  end.setDate(end.getDate() + 1);
  const due = runs.due.filter((run) => millis(run.at) >= day.getTime() && millis(run.at) < end.getTime());
  const bands = runs.bands.filter((band) => band.day === nameOf(day));
  return (
    <section className="hf-day">
      <h3>{day.toLocaleDateString(i18n.language, { weekday: 'short', month: 'short', day: 'numeric' })}</h3>
      {due.length + bands.length === 0 ? (
        <p className="hf-subtle">{day.getTime() >= millis(runs.until) ? '?' : '—'}</p>
      ) : null}
      {[...Map.groupBy(due, (run) => run.plan)].map(([plan, of]) => (
        <SeldomOnDay key={plan} plan={plan} runs={of} />
      ))}
      {bands.map((band) => (
        <OftenOnDay key={band.plan} band={band} day={day} />
      ))}
    </section>
  );
}

/** The runs of the next seven days, by days in the user's time zone. */
export function Calendar() {
  const { t, i18n } = useTranslation();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const calendar = api.useQuery('get', '/plans/calendar', { params: { query: { zone } } });
  const days = Array.from({ length: 7 }, (_, i) => {
    const day = new Date();
    day.setHours(0, 0, 0, 0);
    day.setDate(day.getDate() + i);
    return day;
  });
  const last = days.at(-1)?.getTime() ?? 0;
  return (
    <Loaded query={calendar}>
      {(runs) => (
        <>
          <div className="hf-days">
            {days.map((day) => (
              <Day key={day.getTime()} day={day} runs={runs} />
            ))}
          </div>
          {millis(runs.until) <= last ? (
            <p role="status">
              {t('There are too many runs to show them all. The calendar ends on {{day}}.', {
                day: new Date(runs.until).toLocaleDateString(i18n.language),
              })}
            </p>
          ) : null}
        </>
      )}
    </Loaded>
  );
}
