/** A place that a user went to from the search. Names of files are not kept. */
export type Recent = { text: string; to: string };

const MOST = 8;
const place = (user: string) => `holdfast.recent.${user}`;

export function recentOf(user: string): Recent[] {
  try {
    const found = JSON.parse(localStorage.getItem(place(user)) ?? '[]') as Recent[];
    return found.filter((each) => typeof each.text === 'string' && /^\/(?!\/)/.test(each.to));
  } catch {
    // Not readable: of another version of the console.
    return [];
  }
}

export function remember(user: string, recent: Recent) {
  const others = recentOf(user).filter((each) => each.to !== recent.to);
  localStorage.setItem(place(user), JSON.stringify([recent, ...others].slice(0, MOST)));
}
