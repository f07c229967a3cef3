import { Button, SearchInput } from '@patternfly/react-core';
import { DownloadIcon, FilterIcon } from '@patternfly/react-icons';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { msg } from '../i18n';
import { useAddress } from '../lib/address';
import { csv, fileName, save } from '../lib/csv';
import { SINCE } from '../lib/filters';
import { count as shown } from '../lib/format';
import { written } from '../lib/sort';
import { asValues, type Column, type Sorting } from './columns';
import { Pick } from './fields';
import { SavedFilters } from './SavedFilters';

const PAUSE_MILLIS = 300;
const SPANS: Record<string, string> = {
  '1h': msg('Last hour'),
  '24h': msg('Last 24 hours'),
  '7d': msg('Last 7 days'),
  '30d': msg('Last 30 days'),
};

/** A filter of a list. Its value is in the page's address, under its name. */
export type Filter = { name: string; label: string } & (
  | { kind: 'text' }
  | { kind: 'since' }
  | { kind: 'choice'; none: string; options: readonly (readonly [value: string, text: string])[] }
);

/** A text that is looked for a moment after the last key. */
function TextFilter({ label, value, onChange }: { label: string; value: string; onChange: (text: string) => void }) {
  const [typed, setTyped] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const changed = useRef(onChange);
  changed.current = onChange;
  useEffect(() => () => clearTimeout(timer.current), []);
  const set = (text: string, millis: number) => {
    clearTimeout(timer.current);
    setTyped(text);
    timer.current = setTimeout(() => {
      setTyped(null);
      changed.current(text);
    }, millis);
  };
  return (
    <SearchInput
      className="hf-filter-text"
      aria-label={label}
      placeholder={label}
      value={typed ?? value}
      onChange={(_, text) => set(text, PAUSE_MILLIS)}
      onClear={() => set('', 0)}
    />
  );
}

function FilterField({ filter }: { filter: Filter }) {
  const { t } = useTranslation();
  const address = useAddress({ replace: true });
  const { name, label, kind } = filter;
  const value = address.get(name) ?? '';
  const set = (to: string) => address.set({ [name]: to });
  if (kind === 'text') {
    return <TextFilter label={label} value={value} onChange={set} />;
  }
  const none = kind === 'since' ? t('Any time') : filter.none;
  const options = kind === 'since' ? SINCE.map((span) => [span, t(SPANS[span] ?? span)] as const) : filter.options;
  // What a link asks for is shown although the list does not have it.
  const all = value && !options.some(([each]) => each === value) ? [...options, [value, value] as const] : options;
  return <Pick label={label} none={none} value={value} onChange={set} options={all} />;
}

/** Sorting where headings are hidden. */
function SortField<T>({ columns, sorting }: { columns: Column<T>[]; sorting: Sorting }) {
  const { t } = useTranslation();
  const options = columns.flatMap(({ id, title }) =>
    id === undefined
      ? []
      : [
          [id, t('{{column}}, ascending', { column: title })] as const,
          [`-${id}`, t('{{column}}, descending', { column: title })] as const,
        ],
  );
  return (
    <div className="hf-phone">
      <Pick
        label={t('Sort by')}
        none={sorting.sort ? undefined : t('Sort by')}
        value={sorting.sort ? written(sorting.sort) : ''}
        onChange={(by) => by && sorting.set({ by: by.replace(/^-/, ''), down: by.startsWith('-') })}
        options={options}
      />
    </div>
  );
}

/** Where a CSV file of the list comes from: the rows that the browser has, or an address of the appliance. */
type Export<T> = { rows: T[] } | { href: string };

function ExportButton<T>({ page, columns, of }: { page: string; columns: Column<T>[]; of: Export<T> }) {
  const { t } = useTranslation();
  const text = t('Export CSV');
  return 'href' in of ? (
    <a className="pf-v6-c-button pf-m-link" href={of.href} download>
      <span className="pf-v6-c-button__icon pf-m-start">
        <DownloadIcon />
      </span>
      {text}
    </a>
  ) : (
    <Button
      variant="link"
      icon={<DownloadIcon />}
      isDisabled={of.rows.length === 0}
      onClick={() => save(fileName(page), csv(...asValues(columns, of.rows)))}
    >
      {text}
    </Button>
  );
}

/** The row above a list: its filters, the filters that the user saved, how many rows are left, and a CSV file of them. */
export function FilterBar<T>({
  page,
  filters,
  columns,
  sorting,
  exported,
  count,
  of,
  children,
}: {
  /** The list's name for saved filters and files. */
  page: string;
  filters: Filter[];
  columns: Column<T>[];
  sorting: Sorting;
  exported: Export<T>;
  /** How many rows the filters leave, where that is known. */
  count?: number;
  of?: number;
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  const address = useAddress({ replace: true });
  // Where there is room, the filters are always shown.
  const [open, setOpen] = useState(false);
  const names = filters.map((each) => each.name);
  const set = names.filter((name) => address.get(name));
  return (
    <div className="hf-inline hf-filters" role="search" aria-label={t('Filters')}>
      {filters
        .filter((each) => each.kind === 'text')
        .map((filter) => (
          <FilterField key={filter.name} filter={filter} />
        ))}
      <Button
        variant="secondary"
        className="hf-phone"
        icon={<FilterIcon />}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {t('Filter and sort')}
      </Button>
      <div className={open ? 'hf-inline' : 'hf-inline hf-desk'}>
        {filters
          .filter((each) => each.kind !== 'text')
          .map((filter) => (
            <FilterField key={filter.name} filter={filter} />
          ))}
        {children}
        <SortField columns={columns} sorting={sorting} />
      </div>
      {set.length > 0 ? (
        <Button variant="link" onClick={() => address.set(Object.fromEntries(names.map((name) => [name, ''])))}>
          {t('Reset filters')}
        </Button>
      ) : null}
      <SavedFilters page={page} names={[...names, 'sort']} />
      <ExportButton page={page} columns={columns} of={exported} />
      {count === undefined || of === undefined ? null : (
        <span className="hf-subtle" role="status">
          {count === of
            ? t('{{count}} rows', { count })
            : t('{{shown}} of {{count}} rows', { shown: shown(count), count: of })}
        </span>
      )}
    </div>
  );
}
