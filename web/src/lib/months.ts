/** A day is written as 2026-11-28, a month as 2026-11, both in the user's time zone. */

const two = (number: number) => String(number).padStart(2, '0');

const dayOf = (date: Date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

function parts(text: string): [year: number, month: number, day: number] {
  const [year = 1970, month = 1, day = 1] = text.split('-').map(Number);
  return [year, month, day];
}

/** The name of the user's time zone, in which the appliance counts days. */
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The day of a point in time. */
export const dayAt = (at: string) => dayOf(new Date(at));

export const monthOf = (day: string) => day.slice(0, 7);

/** The first and the last moment of a day: `since` is part of it, `before` is not. */
export function bounds(day: string): { since: string; before: string } {
  const [year, month, number] = parts(day);
  return {
    since: new Date(year, month - 1, number).toISOString(),
    before: new Date(year, month - 1, number + 1).toISOString(),
  };
}

/** The weeks of a month, from Monday to Sunday; null for days of other months. */
export function weeks(month: string): (string | null)[][] {
  const [year, number] = parts(month);
  const length = new Date(year, number, 0).getDate();
  const first = (new Date(year, number - 1, 1).getDay() + 6) % 7;
  const cells: (string | null)[] = [
    ...Array.from({ length: first }, () => null),
    ...Array.from({ length }, (_, i) => `${month}-${two(i + 1)}`),
  ];
  while (cells.length % 7 !== 0) {
    cells.push(null);
  }
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
}

/** The day that is so many days away, but at most at the end or the beginning of its month. */
export function moved(day: string, by: number): string {
  const [year, month, number] = parts(day);
  const last = new Date(year, month, 0).getDate();
  return `${monthOf(day)}-${two(Math.min(last, Math.max(1, number + by)))}`;
}

/** A day as a date, for formatting. */
export function date(day: string): Date {
  const [year, month, number] = parts(day);
  return new Date(year, month - 1, number);
}
