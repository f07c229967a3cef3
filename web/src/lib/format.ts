import i18n from '../i18n';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(i18n.language, { maximumFractionDigits: digits, minimumFractionDigits: 0 }).format(
    value,
  );
}

export function count(value: number): string {
  return number(value);
}

/** Formats a size in decimal units. */
export function bytes(value: number): string {
  let unit = 0;
  let left = Math.abs(value);
  while (left >= 999.5 && unit < UNITS.length - 1) {
    left /= 1000;
    unit++;
  }
  const text = number(left, unit === 0 || left >= 100 ? 0 : left >= 10 ? 1 : 2);
  return `${value < 0 ? '−' : ''}${text} ${UNITS[unit]}`;
}

export function rate(bytesPerSecond: number): string {
  return `${bytes(bytesPerSecond)}/s`;
}

/** Less data than this says nothing about how well data can be reduced. */
const LEAST_BYTES_FOR_RATIO = 100e6;
/** A larger factor only says that nearly nothing changed. */
export const MOST_FACTOR = 100;

/** Formats a factor by which data was reduced. */
export function factor(value: number): string {
  if (value > MOST_FACTOR) {
    return `> ${number(MOST_FACTOR)} : 1`;
  }
  return value < 0.1 ? `< ${number(0.1, 1)} : 1` : `${number(value, 1)} : 1`;
}

/** Formats how many times less data there is after a reduction than before; undefined if there is too little data. */
export function ratio(before: number, after: number): string | undefined {
  return before < LEAST_BYTES_FOR_RATIO ? undefined : factor(before / Math.max(1, after));
}

export function percent(part: number, whole: number): string {
  return whole > 0 ? `${number((part / whole) * 100, part / whole < 0.1 ? 1 : 0)} %` : '—';
}

export function money(value: number, currency: string): string {
  return new Intl.NumberFormat(i18n.language, { style: 'currency', currency }).format(value);
}

/** Formats a duration by its two largest units. */
export function duration(seconds: number): string {
  if (seconds < 0) {
    return '—';
  }
  const parts: [number, string][] = [
    [Math.floor(seconds / 86400), 'day'],
    [Math.floor((seconds % 86400) / 3600), 'hour'],
    [Math.floor((seconds % 3600) / 60), 'minute'],
    [Math.floor(seconds % 60), 'second'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  const shown = first < 0 ? [parts[3]] : parts.slice(first, first + 2).filter(([value]) => value > 0);
  return shown
    .map((part) =>
      new Intl.NumberFormat(i18n.language, { style: 'unit', unit: part?.[1], unitDisplay: 'short' }).format(
        part?.[0] ?? 0,
      ),
    )
    .join(' ');
}

/** Converts an API time (ISO 8601, UTC) to milliseconds since 1970. */
export const millis = (at: string) => Date.parse(at);

export const secondsBetween = (from: string, to: string) => (millis(to) - millis(from)) / 1000;

/** Formats a point in time; without the year if it is the current one. */
export function time(at: string): string {
  const when = new Date(at);
  return new Intl.DateTimeFormat(i18n.language, {
    year: when.getFullYear() === new Date().getFullYear() ? undefined : 'numeric',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  }).format(when);
}

const DAY_MILLIS = 86_400_000;
/** Older points in time, and those in the future, are formatted as dates. */
const RECENT_DAYS = 6;
/** The clock of the browser may differ a little from that of the appliance. */
const SKEW_MILLIS = 60_000;

/** Formats how long ago a point in time is, by its largest unit; undefined if it is not recent. */
export function ago(at: string, now = Date.now()): string | undefined {
  const past = now - millis(at);
  if (past < -SKEW_MILLIS || past > RECENT_DAYS * DAY_MILLIS) {
    return undefined;
  }
  const seconds = Math.max(0, past / 1000);
  const units: [number, Intl.RelativeTimeFormatUnit][] = [
    [86400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ];
  const [size, unit] = units.find(([each]) => seconds >= each) ?? [1, 'second'];
  return new Intl.RelativeTimeFormat(i18n.language, { numeric: 'auto' }).format(-Math.floor(seconds / size), unit);
}

/** Formats the time of day of a point in time of the last hours, with the date if it is not today. */
export function clock(at: number): string {
  const when = new Date(at);
  return when.toDateString() === new Date().toDateString()
    ? new Intl.DateTimeFormat(i18n.language, { hour: '2-digit', minute: '2-digit' }).format(when)
    : time(when.toISOString());
}

export function day(at: string): string {
  return new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium' }).format(millis(at));
}

export function utc(at: string): string {
  return `${at.slice(0, 19).replace('T', ' ')} UTC`;
}
