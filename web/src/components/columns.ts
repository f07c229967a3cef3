import type { ReactNode } from 'react';

export type Column<T> = {
  title: string;
  cell: (row: T) => ReactNode;
  hiddenTitle?: boolean;
  /** The least width on a wide screen. A cell is as wide as its content, in one line. */
  width?: string;
  /** Takes the space that other columns leave. Its text is cut, or wraps. */
  rest?: 'cut' | 'wrap';
};

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
