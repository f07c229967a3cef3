export type Value = string | number | null | undefined;
export type Sort = { by: string; down: boolean };

const texts = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

function compare(a: Exclude<Value, null | undefined>, b: Exclude<Value, null | undefined>): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : texts.compare(String(a), String(b));
}

const isMissing = (value: Value): value is null | undefined | '' =>
  value === null || value === undefined || value === '';

/** Sorts rows by a value; rows without one are last in both directions, and equal ones keep their order. */
export function sorted<T>(rows: readonly T[], value: (row: T) => Value, down = false): T[] {
  return rows
    .map((row) => ({ row, value: value(row) }))
    .sort((a, b) => {
      if (isMissing(a.value) || isMissing(b.value)) {
        return Number(isMissing(a.value)) - Number(isMissing(b.value));
      }
      return compare(a.value, b.value) * (down ? -1 : 1);
    })
    .map(({ row }) => row);
}

/** A sort as it is in an address: the column's name, with a minus for the other direction. */
export const written = ({ by, down }: Sort) => (down ? `-${by}` : by);

export const parsed = (text: string): Sort => ({ by: text.replace(/^-/, ''), down: text.startsWith('-') });
