import '@patternfly/react-styles/css/components/Table/table.css';
import '@patternfly/react-styles/css/components/Table/table-grid.css';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Waiting } from './basics';
import { cellClass, columnWidth, tellCut } from './columns';
import { HeadCell } from './HeadCell';
import type { Rows } from './SmallTable';

const ROW_PIXELS = 40;
const CARD_LINE_PIXELS = 32;
const NARROW = window.matchMedia('(max-width: 48rem)');

// The cards of a narrow screen are no table to the browser, but still one to screen readers.
const TABLE = { role: 'table' };
const GROUP = { role: 'rowgroup' };
const ROW = { role: 'row' };
const CELL = { role: 'cell' };

/**
 * A table of any length; on a narrow screen its rows are cards. Only visible rows are rendered; more are loaded when the
 * user scrolls near the end.
 */
export function VirtualTable<T>({
  label,
  columns,
  rows,
  rowKey,
  sorting,
  more = false,
  loadMore,
  loading = false,
  height = '65vh',
}: Rows<T> & {
  more?: boolean;
  loadMore?: () => void;
  loading?: boolean;
  height?: string;
}) {
  const { t } = useTranslation();
  const box = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => (NARROW.matches ? columns.length * CARD_LINE_PIXELS : ROW_PIXELS),
    overscan: 12,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && !loading && last >= rows.length - 40) {
      loadMore?.();
    }
  }, [more, loading, last, rows.length, loadMore]);
  const above = shown[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0);
  return (
    <section
      ref={box}
      className="hf-virtual"
      style={{ maxHeight: height }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
      tabIndex={0}
      aria-label={label}
      onMouseOver={tellCut}
      onFocus={tellCut}
    >
      <table
        {...TABLE}
        className="pf-v6-c-table pf-m-compact pf-m-grid-md"
        aria-rowcount={more ? -1 : rows.length + 1}
        aria-label={label}
      >
        <colgroup>
          {columns.map((column) => (
            <col key={column.title} style={{ width: columnWidth(column, columns) }} />
          ))}
        </colgroup>
        <thead {...GROUP} className="pf-v6-c-table__thead">
          <tr {...ROW} className="pf-v6-c-table__tr">
            {columns.map((column) => (
              <HeadCell key={column.title} column={column} columns={columns} sorting={sorting} />
            ))}
          </tr>
        </thead>
        <tbody {...GROUP} className="pf-v6-c-table__tbody">
          {above > 0 ? <tr style={{ height: above }} /> : null}
          {shown.map((item) => {
            const row = rows[item.index];
            return row === undefined ? null : (
              <tr
                {...ROW}
                key={rowKey(row)}
                data-index={item.index}
                ref={virtual.measureElement}
                aria-rowindex={item.index + 2}
                className="pf-v6-c-table__tr"
              >
                {columns.map((column) => (
                  <td
                    {...CELL}
                    key={column.title}
                    className={`pf-v6-c-table__td ${cellClass(column)}`}
                    data-label={column.hiddenTitle ? undefined : column.title}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
          {below > 0 ? <tr style={{ height: below }} /> : null}
        </tbody>
      </table>
      {loading ? <Waiting lines={2} /> : null}
      <p className="pf-v6-screen-reader" role="status">
        {t('{{count}} rows loaded', { count: rows.length })}
      </p>
    </section>
  );
}
