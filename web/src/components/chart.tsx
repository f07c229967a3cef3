import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Rows, SmallTable } from './SmallTable';

/** The space around the plot of every chart. */
export const PADDING = { top: 10, bottom: 30, left: 75, right: 15 };

/** The width of an element, for a chart that fills it. */
export function useWidth() {
  const [element, box] = useState<HTMLDivElement | null>(null);
  const [width, setWidth] = useState(600);
  useEffect(() => {
    if (!element) {
      return;
    }
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(260, entry?.contentRect.width ?? 600)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return { box, width };
}

/** The day of a point in time, as short as an axis needs it. */
export const short = (at: number) => new Date(at).toLocaleDateString(undefined, { month: 'numeric', day: 'numeric' });

/** The figures of a chart as a table, which screen readers can read. */
export function ChartTable<T>(table: Rows<T>) {
  const { t } = useTranslation();
  return (
    <details>
      <summary>{t('Show as a table')}</summary>
      <SmallTable {...table} />
    </details>
  );
}
