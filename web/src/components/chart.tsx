import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Rows, SmallTable } from './SmallTable';

/** The least top of an axis, in bytes: below, its labels would be equal. */
export const LEAST_TOP = 1000;
export const HEADROOM = 1.1;
/** In the order of the nodes; they differ from the background in both themes. */
export const COLOURS = '#4394e5 #37a3a3 #ca6c0f #876fd4 #3d8b40 #c9487b #b98412 #5e8abf #9a5fb5 #c0522d #8a8d90'.split(
  ' ',
);
export const DAYS = 30;

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

/** Names and colours of a chart's lines or bars. */
export function Legend({ names }: { names: string[] }) {
  return (
    <ul className="hf-legend">
      {names.map((name, i) => (
        <li key={name}>
          <span className="hf-swatch" style={{ background: COLOURS[i] }} aria-hidden />
          {name}
        </li>
      ))}
    </ul>
  );
}

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
