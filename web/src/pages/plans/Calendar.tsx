import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api } from '../../api/client';
import { Loaded } from '../../components/basics';
import { millis, utc } from '../../lib/format';

/** The runs of the next seven days, by days in the user's time zone. */
export function Calendar() {
  const { t, i18n } = useTranslation();
  const calendar = api.useQuery('get', '/plans/calendar');
  const days = Array.from({ length: 7 }, (_, i) => {
    const day = new Date();
    day.setHours(0, 0, 0, 0);
    day.setDate(day.getDate() + i);
    return day;
  });
  return (
    <Loaded query={calendar}>
      {({ due }) => (
        <div className="hf-days">
          {days.map((day) => {
            const end = new Date(day);
            end.setDate(end.getDate() + 1);
            const runs = due.filter((run) => millis(run.at) >= day.getTime() && millis(run.at) < end.getTime());
            return (
              <section key={day.getTime()} className="hf-day">
                <h3>{day.toLocaleDateString(i18n.language, { weekday: 'short', month: 'short', day: 'numeric' })}</h3>
                {runs.length === 0 ? <p className="hf-subtle">—</p> : null}
                {[...Map.groupBy(runs, (run) => run.plan)].map(([plan, of]) => (
                  <p key={plan}>
                    <Link to={`/plans/${plan}`}>{plan}</Link>{' '}
                    <span className="hf-subtle" title={of[0]?.nodes.join(', ')}>
                      {t('{{count}} nodes', { count: of[0]?.nodes.length ?? 0 })}
                    </span>
                    <br />
                    {of.slice(0, 3).map((run) => (
                      <time key={run.at} title={utc(run.at)}>
                        {new Date(run.at).toLocaleTimeString(i18n.language, {
                          hour: '2-digit',
                          minute: '2-digit',
                        })}{' '}
                      </time>
                    ))}
                    {of.length > 3 ? t('and {{more}} more', { more: of.length - 3 }) : null}
                  </p>
                ))}
              </section>
            );
          })}
        </div>
      )}
    </Loaded>
  );
}
