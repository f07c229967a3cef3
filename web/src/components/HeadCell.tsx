import { ArrowsAltVIcon, LongArrowAltDownIcon, LongArrowAltUpIcon } from '@patternfly/react-icons';
import { type Column, columnWidth, type Sorting } from './columns';

// The cards of a narrow screen are no table to the browser, but still one to screen readers.
const HEADER = { role: 'columnheader' };
const SORTED = { up: 'ascending', down: 'descending' } as const;
const ICONS = { up: LongArrowAltUpIcon, down: LongArrowAltDownIcon };

/** The heading of a column; a button where the column can be sorted. */
export function HeadCell<T>({
  column,
  columns,
  sorting,
}: {
  column: Column<T>;
  columns: Column<T>[];
  sorting?: Sorting;
}) {
  const { id, title, head, hiddenTitle } = column;
  const sort = sorting?.sort?.by === id ? sorting?.sort : undefined;
  const way = sort ? (sort.down ? 'down' : 'up') : undefined;
  const style = { width: columnWidth(column, columns) };
  if (!sorting || id === undefined) {
    return (
      <th {...HEADER} scope="col" className="pf-v6-c-table__th" style={style}>
        {head ?? (hiddenTitle ? <span className="pf-v6-screen-reader">{title}</span> : title)}
      </th>
    );
  }
  const Icon = way ? ICONS[way] : ArrowsAltVIcon;
  return (
    <th
      {...HEADER}
      scope="col"
      aria-sort={way ? SORTED[way] : 'none'}
      className={`pf-v6-c-table__th pf-v6-c-table__sort ${way ? 'pf-m-selected' : ''}`}
      style={style}
    >
      <button
        type="button"
        className="pf-v6-c-table__button"
        onClick={() => sorting.set({ by: id, down: sort ? !sort.down : false })}
      >
        <span className="pf-v6-c-table__button-content">
          <span className="pf-v6-c-table__text">{title}</span>
          <span className="pf-v6-c-table__sort-indicator">
            <Icon />
          </span>
        </span>
      </button>
    </th>
  );
}
