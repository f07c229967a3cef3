import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Waiting } from './basics';

export type Column<T> = { title: string; cell: (row: T) => ReactNode; width?: string; hiddenTitle?: boolean };

const ROW_PIXELS = 44;

/** A table of any length. Only visible rows are rendered; more are loaded when the user scrolls near the end. */
export function VirtualTable<T>({
  label,
  columns,
  rows,
  rowKey,
  more = false,
  loadMore,
  loading = false,
  height = '65vh',
}: {
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string | number;
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
    estimateSize: () => ROW_PIXELS,
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
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section ref={box} className="hf-virtual" style={{ maxHeight: height }} tabIndex={0} aria-label={label}>
      <table
        className="pf-v6-c-table pf-m-compact pf-m-grid-none"
        aria-rowcount={more ? -1 : rows.length + 1}
        aria-label={label}
      >
        <colgroup>
          {columns.map((column) => (
            <col key={column.title} style={{ width: column.width }} />
          ))}
        </colgroup>
        <thead className="pf-v6-c-table__thead">
          <tr className="pf-v6-c-table__tr">
            {columns.map((column) => (
              <th key={column.title} scope="col" className="pf-v6-c-table__th">
                {column.hiddenTitle ? <span className="pf-v6-screen-reader">{column.title}</span> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="pf-v6-c-table__tbody">
          {above > 0 ? <tr style={{ height: above }} /> : null}
          {shown.map((item) => {
            const row = rows[item.index];
            return row === undefined ? null : (
              <tr
                key={rowKey(row)}
                data-index={item.index}
                ref={virtual.measureElement}
                aria-rowindex={item.index + 2}
                className="pf-v6-c-table__tr"
              >
                {columns.map((column) => (
                  <td key={column.title} className="pf-v6-c-table__td" data-label={column.title}>
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
