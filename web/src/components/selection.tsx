import { Checkbox } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Column } from './columns';

type Key = string | number;

export type Chosen<T> = {
  /** The rows that are chosen and still in the list. */
  rows: T[];
  /** The column with the checkboxes. */
  column: Column<T>;
  all: () => void;
  clear: () => void;
};

/** The rows of a list that the user chose for an operation. A row that filters hide is not chosen. */
export function useChosen<T>(rows: T[], keyOf: (row: T) => Key, nameOf: (row: T) => string): Chosen<T> {
  const { t } = useTranslation();
  const [keys, setKeys] = useState<ReadonlySet<Key>>(new Set());
  const chosen = rows.filter((row) => keys.has(keyOf(row)));
  const all = () => setKeys(new Set(rows.map(keyOf)));
  const clear = () => setKeys(new Set());
  const toggle = (row: T) => {
    const next = new Set(chosen.map(keyOf));
    if (!next.delete(keyOf(row))) {
      next.add(keyOf(row));
    }
    setKeys(next);
  };
  const whole = rows.length > 0 && chosen.length === rows.length;
  return {
    rows: chosen,
    all,
    clear,
    column: {
      title: t('Select'),
      hiddenTitle: true,
      width: '2rem',
      head: (
        <Checkbox
          id={`select-all-${rows.length}`}
          aria-label={t('Select all {{count}} rows', { count: rows.length })}
          isDisabled={rows.length === 0}
          isChecked={whole ? true : chosen.length > 0 ? null : false}
          onChange={() => (whole ? clear() : all())}
        />
      ),
      cell: (row) => (
        <Checkbox
          id={`select-${keyOf(row)}`}
          aria-label={t('Select {{name}}', { name: nameOf(row) })}
          isChecked={keys.has(keyOf(row))}
          onChange={() => toggle(row)}
        />
      ),
    },
  };
}
