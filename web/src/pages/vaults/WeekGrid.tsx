import { ToggleGroup, ToggleGroupItem } from '@patternfly/react-core';
import type { TFunction } from 'i18next';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Field, NumberField } from '../../components/fields';
import i18n from '../../i18n';
import { rate } from '../../lib/format';
import { type Hour, ranges, spansOf, times, type Week } from '../../lib/week';

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const DAYS = [0, 1, 2, 3, 4, 5, 6];
/** The first of January 2024 was a Monday. */
const dayName = (day: number, weekday: 'long' | 'short') =>
  new Intl.DateTimeFormat(i18n.language, { weekday, timeZone: 'UTC' }).format(Date.UTC(2024, 0, 1 + day));
const clock = (hour: number) => `${String(hour).padStart(2, '0')}:00`;
const kindOf = (hour: Hour) => (typeof hour === 'number' ? 'limit' : hour);
/** Not by the colour alone. */
const MARKS = { free: '', limit: '≤', closed: '×' } as const;

function said(hour: Hour, t: TFunction): string {
  return hour === 'closed'
    ? t('no uploads')
    : hour === 'free'
      ? t('no limit')
      : t('at most {{rate}}', { rate: rate(hour) });
}

/** The week in words, for those who do not see the picture. */
export function WeekInWords({ week }: { week: Week }) {
  const { t } = useTranslation();
  return (
    <ul className="hf-week-words">
      {spansOf(week, (hour) => hour).map((span) => (
        <li key={`${span.days.join()} ${span.from} ${span.to} ${span.hour}`}>
          {span.days.length === 7 ? t('every day') : ranges(span.days, (day) => dayName(day, 'short'), '–').join(', ')}{' '}
          {times(span)}: {said(span.hour, t)}
        </li>
      ))}
    </ul>
  );
}

type Brush = 'free' | 'limit' | 'closed';

function Brushes({
  brush,
  choose,
  megabytes,
  setMegabytes,
}: {
  brush: Brush;
  choose: (brush: Brush) => void;
  megabytes: number;
  setMegabytes: (megabytes: number) => void;
}) {
  const { t } = useTranslation();
  const names = { free: t('No limit'), limit: t('Limit'), closed: t('No uploads') };
  return (
    <div className="hf-week-brushes">
      <ToggleGroup aria-label={t('Setting for the selected hours')}>
        {(Object.keys(names) as Brush[]).map((each) => (
          <ToggleGroupItem
            key={each}
            text={`${MARKS[each]} ${names[each]}`.trim()}
            isSelected={brush === each}
            onChange={() => choose(each)}
          />
        ))}
      </ToggleGroup>
      {brush === 'limit' ? (
        <NumberField label={t('Limit in MB/s')} fractions value={megabytes} onChange={setMegabytes} />
      ) : null}
    </div>
  );
}

const MOVES: Record<string, [day: number, hour: number]> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

/** One tab stop: arrow keys move, with Shift they paint on the way; Space paints. */
function Table({ week, paint }: { week: Week; paint: (days: number[], hours: number[]) => void }) {
  const { t } = useTranslation();
  const [at, setAt] = useState<[number, number]>([0, 0]);
  const table = useRef<HTMLTableElement>(null);
  const moved = (event: KeyboardEvent, day: number, hour: number) => {
    const move = MOVES[event.key];
    if (!move) {
      return;
    }
    event.preventDefault();
    const [to, then] = [Math.min(6, Math.max(0, day + move[0])), Math.min(23, Math.max(0, hour + move[1]))];
    setAt([to, then]);
    table.current?.querySelector<HTMLButtonElement>(`[data-at="${to}-${then}"]`)?.focus();
    if (event.shiftKey) {
      paint([to], [then]);
    }
  };
  return (
    <div className="hf-week-frame">
      <table className="hf-week" ref={table} aria-label={t('Hours of the week')}>
        <thead>
          <tr>
            <td />
            {HOURS.map((hour) => (
              <th key={hour} scope="col">
                <button
                  type="button"
                  tabIndex={-1}
                  aria-label={t('Hour {{hour}}', { hour })}
                  onClick={() => paint(DAYS, [hour])}
                >
                  {hour % 3 === 0 ? hour : '·'}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {DAYS.map((day) => (
            <tr key={day}>
              <th scope="row">
                <button type="button" onClick={() => paint([day], HOURS)} title={dayName(day, 'long')}>
                  {dayName(day, 'short')}
                </button>
              </th>
              {HOURS.map((hour) => {
                const cell = week[day]?.[hour] ?? 'free';
                return (
                  <td key={hour}>
                    <button
                      type="button"
                      className={`hf-hour hf-hour-${kindOf(cell)}`}
                      data-at={`${day}-${hour}`}
                      tabIndex={at[0] === day && at[1] === hour ? 0 : -1}
                      aria-label={`${dayName(day, 'long')} ${clock(hour)}: ${said(cell, t)}`}
                      title={`${dayName(day, 'short')} ${clock(hour)}: ${said(cell, t)}`}
                      onKeyDown={(event) => moved(event, day, hour)}
                      onClick={() => paint([day], [hour])}
                      onPointerDown={(event) => {
                        // A finger scrolls; it paints with each tap.
                        event.currentTarget.releasePointerCapture?.(event.pointerId);
                        setAt([day, hour]);
                        if (event.pointerType === 'mouse') {
                          paint([day], [hour]);
                        }
                      }}
                      onPointerEnter={(event) => {
                        if (event.pointerType === 'mouse' && event.buttons === 1) {
                          paint([day], [hour]);
                        }
                      }}
                    >
                      {MARKS[kindOf(cell)]}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Upload hours and bandwidth of a week, painted by hour with the mouse or the keyboard. */
export function WeekGrid({ week, onChange }: { week: Week; onChange: (week: Week) => void }) {
  const { t } = useTranslation();
  const [brush, setBrush] = useState<Brush>('limit');
  const [megabytes, setMegabytes] = useState(5);
  const paint = (days: number[], hours: number[]) => {
    const hour: Hour = brush === 'limit' ? Math.round(megabytes * 1e6) || 'free' : brush;
    onChange(
      week.map((row, day) => (days.includes(day) ? row.map((old, at) => (hours.includes(at) ? hour : old)) : row)),
    );
  };
  return (
    <Field id="week" label={t('Upload hours and bandwidth')} isGroup>
      <Brushes brush={brush} choose={setBrush} megabytes={megabytes} setMegabytes={setMegabytes} />
      <Table week={week} paint={paint} />
      <WeekInWords week={week} />
      <p className="hf-subtle">
        {t(
          'Select hours with the mouse, or with the arrow keys and Space; Shift with an arrow key selects on the way. A day or an hour in the margin selects all of it. At least one hour stays open for uploads. Times are those of the appliance.',
        )}
      </p>
    </Field>
  );
}
