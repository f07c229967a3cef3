/** Filters that a user has saved for a page. They are kept in this browser, for this user. */
export type Saved = { name: string; search: string };

const MOST = 20;
const SPANS: Record<string, number> = { '1h': 1, '24h': 24, '7d': 7 * 24, '30d': 30 * 24 };

/** The spans of time that lists can be filtered by. */
export const SINCE = Object.keys(SPANS);

/** The point in time at which a span that ends now began; empty for all time. */
export function sinceMoment(span: string, now = Date.now()): string {
  const hours = SPANS[span];
  return hours === undefined ? '' : new Date(now - hours * 3_600_000).toISOString();
}

/** Whether a point in time is within a span that ends now. */
export function within(at: string | null, span: string, now = Date.now()): boolean {
  const begin = sinceMoment(span, now);
  return begin === '' || (at !== null && Date.parse(at) >= Date.parse(begin));
}

/** Whether one of some texts contains a text, whatever the case. */
export function contains(text: string, ...texts: string[]): boolean {
  const wanted = text.trim().toLowerCase();
  return wanted === '' || texts.some((each) => each.toLowerCase().includes(wanted));
}

const place = (user: string, page: string) => `holdfast.filters.${user}.${page}`;

export function savedFilters(user: string, page: string): Saved[] {
  try {
    const found = JSON.parse(localStorage.getItem(place(user, page)) ?? '[]') as Saved[];
    return found.filter((each) => typeof each.name === 'string' && typeof each.search === 'string');
  } catch {
    // Not readable: of another version of the console.
    return [];
  }
}

/** Saves filters under a name, in place of those that had it. The oldest go where there are too many. */
export function saveFilter(user: string, page: string, filter: Saved): Saved[] {
  const others = savedFilters(user, page).filter((each) => each.name !== filter.name);
  const all = [...others, filter].slice(-MOST);
  localStorage.setItem(place(user, page), JSON.stringify(all));
  return all;
}

export function removeFilter(user: string, page: string, name: string): Saved[] {
  const left = savedFilters(user, page).filter((each) => each.name !== name);
  localStorage.setItem(place(user, page), JSON.stringify(left));
  return left;
}
