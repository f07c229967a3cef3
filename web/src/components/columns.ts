import type { ReactNode } from 'react';
import { useAddress } from '../lib/address';
import { parsed, type Sort, sorted, type Value, written } from '../lib/sort';

export type Column<T> = {
  title: string;
  cell: (row: T) => ReactNode;
  hiddenTitle?: boolean;
  /** What the heading has in place of the title. */
  head?: ReactNode;
  /** The least width on a wide screen. A cell is as wide as its content, in one line. */
  width?: string;
  /** Takes the space that other columns leave. Its text is cut, or wraps. */
  rest?: 'cut' | 'wrap';
  /** The column's name in the address. A column with a name can be sorted. */
  id?: string;
  /** The value by which the browser sorts; without it, the appliance sorts. */
  sort?: (row: T) => Value;
  /** What a CSV file has; by default the value by which rows are sorted. Columns with neither are left out. */
  csv?: (row: T) => Value;
};

/** How a table is sorted; null where it is as it comes. */
export type Sorting = { sort: Sort | null; set: (sort: Sort) => void };

export const cellClass = <T>({ rest }: Column<T>) => (rest ? `hf-${rest}` : 'hf-line');

/** The width of a column; columns that take the rest share it. */
export function columnWidth<T>(column: Column<T>, columns: Column<T>[]): string | undefined {
  return column.rest ? `${100 / columns.filter((each) => each.rest).length}%` : column.width;
}

/** Gives a cell whose text is cut its whole text as a tooltip. For onMouseOver and onFocus of a table. */
export function tellCut(event: { target: EventTarget }) {
  const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('td.hf-cut') : null;
  if (cell) {
    cell.title = cell.scrollWidth > cell.clientWidth ? cell.innerText : '';
  }
}

/** The sorting that the page's address has. `name` tells tables of one page apart. */
export function useSorting(initial: Sort | null = null, name = 'sort'): Sorting {
  const address = useAddress({ replace: true });
  const given = address.get(name);
  return {
    sort: given ? parsed(given) : initial,
    set: (sort) => address.set({ [name]: written(sort) }),
  };
}

/** Rows as a table sorts them. */
export function inOrder<T>(rows: T[], columns: Column<T>[], { sort }: Sorting): T[] {
  const by = columns.find((each) => each.id !== undefined && each.id === sort?.by)?.sort;
  return by && sort ? sorted(rows, by, sort.down) : rows;
}

/** The columns and rows of a table as titles and values of a CSV file. */
export function asValues<T>(columns: Column<T>[], rows: T[]): [titles: string[], rows: Value[][]] {
  const shown = columns.flatMap(({ title, csv, sort }) => {
    const value = csv ?? sort;
    return value ? [{ title, value }] : [];
  });
  return [shown.map((each) => each.title), rows.map((row) => shown.map(({ value }) => value(row)))];
}
