/** The names of an absolute path, from the root on. */
export const names = (path: string): string[] => path.split('/').filter((name) => name !== '');

/** The folder that contains another one; the root contains itself. */
export const parent = (path: string): string => `/${names(path).slice(0, -1).join('/')}`;

/** Whether a path is a folder or lies below it. */
export const isWithin = (path: string, folder: string): boolean =>
  folder === '/' || path === folder || path.startsWith(`${folder}/`);

/** Adds a folder to those that are selected, and takes out what lies below it. */
export const withFolder = (selected: string[], folder: string): string[] => [
  ...selected.filter((each) => !isWithin(each, folder)),
  folder,
];

/** The folder among the selected ones that includes a path; undefined if none does. */
export const including = (selected: string[], path: string): string | undefined =>
  selected.find((each) => isWithin(path, each));
