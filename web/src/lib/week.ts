/** What a vault's uploads may do in an hour: none begin, no limit, or at most so many bytes per second. */
export type Hour = 'closed' | 'free' | number;
/** Seven days from Monday, of 24 hours. */
export type Week = Hour[][];

/** Hours of the same kind on some days, as the appliance writes them. */
export type Span = { days: number[]; from: number; to: number; hour: Hour };

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const ALL = [0, 1, 2, 3, 4, 5, 6];
const HOURS = /^(?:([a-z,-]+)\s+)?(\d{2}):(\d{2})-(\d{2}):(\d{2})$/i;
export const LIMIT = /^(.*?)\s*=\s*(\d+(?:\.\d+)?)\s*MB\/s$/i;
const MEGABYTE = 1e6;

function daysOf(text: string | undefined): number[] | undefined {
  if (!text) {
    return ALL;
  }
  const found = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    const [first, last] = part.split('-').map((each) => DAYS.indexOf(each));
    if (first === undefined || first < 0 || (last ?? first) < 0) {
      return undefined;
    }
    for (let day = first; ; day = (day + 1) % 7) {
      found.add(day);
      if (day === (last ?? first)) {
        break;
      }
    }
  }
  return [...found];
}

/** The hours that a text names; undefined if it is not valid, or not of whole hours. */
function hoursOf(text: string): [day: number, hour: number][] | undefined {
  const form = HOURS.exec(text.trim());
  const days = daysOf(form?.[1]);
  const [from, to] = [Number(form?.[2]), Number(form?.[4])];
  if (!form || !days || form[3] !== '00' || form[5] !== '00' || from > 23 || to > 24 || from === to) {
    return undefined;
  }
  // Hours that end before they begin run into the next day.
  const length = to > from ? to - from : to + 24 - from;
  return days.flatMap((day) =>
    Array.from({ length }, (_, i): [number, number] => [(day + (from + i >= 24 ? 1 : 0)) % 7, (from + i) % 24]),
  );
}

const filled = (hour: Hour): Week => ALL.map(() => Array.from({ length: 24 }, () => hour));

function paint(week: Week, hours: [number, number][], hour: Hour) {
  for (const [day, at] of hours) {
    const row = week[day];
    if (row) {
      row[at] = hour;
    }
  }
}

/** The week that windows and limits describe; undefined if it cannot be drawn in whole hours. */
export function toWeek(windows: string[], limits: string[]): Week | undefined {
  const rates = filled('free');
  // The first that matches applies, so it is painted last.
  for (const line of [...limits].reverse()) {
    const form = LIMIT.exec(line);
    const hours = hoursOf(form?.[1] ?? '');
    if (!form || !hours) {
      return undefined;
    }
    paint(rates, hours, Math.round(Number(form[2]) * MEGABYTE) || 'free');
  }
  if (windows.length === 0) {
    return rates;
  }
  const week = filled('closed');
  for (const window of windows) {
    const hours = hoursOf(window);
    if (!hours) {
      return undefined;
    }
    for (const [day, at] of hours) {
      paint(week, [[day, at]], rates[day]?.[at] ?? 'free');
    }
  }
  return week;
}

/** The spans of hours for which `kind` has the same value, in the order of the week; others are left out. */
export function spansOf(week: Week, kind: (hour: Hour) => Hour | undefined): Span[] {
  const spans: Span[] = [];
  week.forEach((row, day) => {
    for (let from = 0; from < 24; ) {
      const hour = kind(row[from] ?? 'free');
      let to = from + 1;
      while (to < 24 && kind(row[to] ?? 'free') === hour) {
        to++;
      }
      if (hour !== undefined) {
        const known = spans.find((each) => each.hour === hour && each.from === from && each.to === to);
        if (known) {
          known.days.push(day);
        } else {
          spans.push({ days: [day], from, to, hour });
        }
      }
      from = to;
    }
  });
  return spans;
}

const clock = (hour: number) => `${String(hour).padStart(2, '0')}:00`;

/** Days in a row, for `name` each: one alone, or the first and the last. */
export function ranges(days: number[], name: (day: number) => string, to = '-'): string[] {
  const found: string[] = [];
  for (let at = 0; at < days.length; ) {
    let end = at;
    while (days[end + 1] === (days[end] ?? 0) + 1) {
      end++;
    }
    const [first, last] = [name(days[at] ?? 0), name(days[end] ?? 0)];
    found.push(end === at ? first : `${first}${to}${last}`);
    at = end + 1;
  }
  return found;
}

function written({ days, from, to }: Span): string {
  const names = days.length === 7 ? '' : `${ranges(days, (day) => DAYS[day] ?? '').join(',')} `;
  return `${names}${clock(from)}-${clock(to)}`;
}

export const times = ({ from, to }: Span) => `${clock(from)}–${clock(to)}`;

export const rateText = (bytesPerSecond: number) => `${bytesPerSecond / MEGABYTE} MB/s`;

export const isOpen = (week: Week) => week.some((row) => row.some((hour) => hour !== 'closed'));

/** Windows and limits, as texts, that describe a week. */
export function fromWeek(week: Week): { windows: string[]; limits: string[] } {
  const always = week.every((row) => row.every((hour) => hour !== 'closed'));
  const open = spansOf(week, (hour) => (hour === 'closed' ? undefined : 'free'));
  const limited = spansOf(week, (hour) => (typeof hour === 'number' ? hour : undefined));
  return {
    windows: always ? [] : open.map(written),
    limits: limited.map((span) => `${written(span)} = ${rateText(Number(span.hour))}`),
  };
}
