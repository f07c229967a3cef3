/** The folders on the way to a path and the path itself, from the root on. The appliance separates names by '/'. */
export function steps(path: string): { name: string; path: string }[] {
  const names = path.split('/').filter(Boolean);
  return names.map((name, i) => ({ name, path: `/${names.slice(0, i + 1).join('/')}` }));
}

/** Whether a path is a folder or lies below it. */
export const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

/** Adds a folder to those that are selected, and takes out what lies below it. */
export const withFolder = (selected: string[], folder: string): string[] => [
  ...selected.filter((each) => !isWithin(each, folder)),
  folder,
];

/** The folder among the selected ones that includes a path; undefined if none does. */
export const including = (selected: string[], path: string): string | undefined =>
  selected.find((each) => isWithin(path, each));
