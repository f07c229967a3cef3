import { Button } from '@patternfly/react-core';
import {
  AngleLeftIcon,
  AngleRightIcon,
  ExclamationCircleIcon,
  ExclamationTriangleIcon,
  LockIcon,
} from '@patternfly/react-icons';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RestoreDay, RestoreMonth } from '../../api/types';
import i18n from '../../i18n';
import { count } from '../../lib/format';
import { date, moved, weeks } from '../../lib/months';

/** Days of any week that begins on a Monday. */
const WEEKDAYS = ['2024-01-01', '2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05', '2024-01-06', '2024-01-07'];
const MOVES: Record<string, number> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -7,
  ArrowDown: 7,
  Home: -31,
  End: 31,
};

// The roles of a calendar, which the elements do not have by themselves.
const GRID = { role: 'grid' };
const CELL = { role: 'gridcell' };

const format = (day: string, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(i18n.language, options).format(date(day));

/** What a day has, in words. */
function useWords(): (day: string, found: RestoreDay | undefined) => string {
  const { t } = useTranslation();
  return (day, found) =>
    [
      format(day, { dateStyle: 'long' }),
      found ? t('{{count}} restore points', { count: found.points }) : t('no restore points'),
      found?.damaged ? t('{{count}} of them damaged', { count: found.damaged }) : '',
      found?.problems ? t('{{count}} of them with warnings', { count: found.problems }) : '',
      found?.kept ? t('{{count}} of them on hold or locked', { count: found.kept }) : '',
    ]
      .filter(Boolean)
      .join(', ');
}

function Marks({ day }: { day: RestoreDay }) {
  return (
    <span className="hf-cal-marks" aria-hidden="true">
      {day.damaged > 0 ? <ExclamationCircleIcon className="hf-cal-damaged" /> : null}
      {day.problems > 0 ? <ExclamationTriangleIcon className="hf-cal-warned" /> : null}
      {day.kept > 0 ? <LockIcon /> : null}
    </span>
  );
}

/** The name of the month, and the ways to others that have restore points. */
function Turn({ month, turn }: { month: RestoreMonth; turn: (month: string) => void }) {
  const { t } = useTranslation();
  const { earlier, later } = month;
  return (
    <div className="hf-cal-head">
      <Button
        variant="plain"
        aria-label={t('Earlier month')}
        isDisabled={!earlier}
        onClick={() => earlier && turn(earlier)}
        icon={<AngleLeftIcon />}
      />
      <h3 aria-live="polite">{format(`${month.month}-01`, { year: 'numeric', month: 'long' })}</h3>
      <Button
        variant="plain"
        aria-label={t('Later month')}
        isDisabled={!later}
        onClick={() => later && turn(later)}
        icon={<AngleRightIcon />}
      />
    </div>
  );
}

/**
 * A month of restore points. The arrow keys move between days, Page Up and Page Down between months, Enter selects.
 */
export function Calendar({
  month,
  chosen,
  choose,
  turn,
}: {
  month: RestoreMonth;
  chosen: string;
  choose: (day: string) => void;
  turn: (month: string) => void;
}) {
  const { t } = useTranslation();
  const words = useWords();
  const grid = useRef<HTMLTableElement>(null);
  const byDay = new Map(month.days.map((each) => [each.day, each]));
  const last = month.days.at(-1)?.day ?? `${month.month}-01`;
  const [at, setAt] = useState(chosen);
  // A day of another month cannot be reached by Tab.
  const stop = at.startsWith(month.month) ? at : chosen.startsWith(month.month) ? chosen : last;
  const follow = useRef(false);
  useEffect(() => {
    if (follow.current) {
      follow.current = false;
      grid.current?.querySelector<HTMLElement>(`[data-day="${stop}"]`)?.focus();
    }
  });
  const key = (event: KeyboardEvent) => {
    const other = event.key === 'PageUp' ? month.earlier : event.key === 'PageDown' ? month.later : null;
    const by = MOVES[event.key];
    if (by !== undefined) {
      setAt(moved(stop, by));
    } else if (other) {
      turn(other);
    } else {
      return;
    }
    follow.current = true;
    event.preventDefault();
  };
  return (
    <div className="hf-cal">
      <Turn month={month} turn={turn} />
      <table {...GRID} ref={grid} aria-label={t('Restore points')} onKeyDown={key}>
        <thead>
          <tr>
            {WEEKDAYS.map((day) => (
              <th key={day} scope="col" abbr={format(day, { weekday: 'long' })}>
                {format(day, { weekday: 'short' })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks(month.month).map((week) => (
            <tr key={week.find((day) => day !== null)}>
              {week.map((day, i) => {
                const found = day === null ? undefined : byDay.get(day);
                return day === null ? (
                  <td key={WEEKDAYS[i]} />
                ) : (
                  <td {...CELL} key={WEEKDAYS[i]} {...{ 'aria-selected': day === chosen }}>
                    <button
                      type="button"
                      data-day={day}
                      className={`hf-cal-day${found ? ' hf-cal-some' : ''}${day === chosen ? ' hf-cal-chosen' : ''}`}
                      tabIndex={day === stop ? 0 : -1}
                      aria-disabled={!found}
                      title={found ? words(day, found) : undefined}
                      onFocus={() => setAt(day)}
                      onClick={() => (found ? choose(day) : undefined)}
                    >
                      <span aria-hidden="true">{Number(day.slice(8))}</span>
                      <span className="pf-v6-screen-reader">{words(day, found)}</span>
                      {found ? (
                        <span className="hf-cal-count" aria-hidden="true">
                          {count(found.points)}
                        </span>
                      ) : null}
                      {found ? <Marks day={found} /> : null}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="hf-cal-legend">
        <span>
          <ExclamationCircleIcon className="hf-cal-damaged" /> {t('Damaged')}
        </span>
        <span>
          <ExclamationTriangleIcon className="hf-cal-warned" /> {t('With warnings')}
        </span>
        <span>
          <LockIcon /> {t('On hold or locked')}
        </span>
      </p>
    </div>
  );
}
