import { Alert, Button, Progress } from '@patternfly/react-core';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { inTurn, MOST_AT_ONCE, type Outcome } from '../lib/bulk';
import { Dialog } from './dialogs';
import type { Chosen } from './selection';

const MOST_NAMED = 12;

/** An operation on chosen rows. */
export type Bulk<T> = {
  /** What the button says. */
  text: string;
  /** What will happen, in one or two sentences. */
  explain: string;
  /** Why a row is left out; empty where it is not. */
  leftOut?: (row: T) => string;
  run: (row: T) => Promise<unknown>;
  isDanger?: boolean;
  /** What the user must choose first, and whether that is done. */
  fields?: ReactNode;
  ready?: boolean;
};

function Names({ names }: { names: string[] }) {
  const { t } = useTranslation();
  const more = names.length - MOST_NAMED;
  return (
    <p>
      {names.slice(0, MOST_NAMED).join(', ')}
      {more > 0 ? ` ${t('and {{count}} more', { count: more })}` : null}
    </p>
  );
}

function Confirm<T>({ bulk, rows, nameOf, all }: { bulk: Bulk<T>; rows: T[]; nameOf: (row: T) => string; all: T[] }) {
  const { t } = useTranslation();
  const left = all.filter((row) => !rows.includes(row));
  return (
    <>
      <p>{bulk.explain}</p>
      {bulk.fields}
      {rows.length > 0 ? <Names names={rows.map(nameOf)} /> : null}
      {rows.length > MOST_AT_ONCE ? (
        <Alert isInline variant="warning" component="p" title={t('Select at most 500 rows at once.')} />
      ) : null}
      {left.length > 0 ? (
        <Alert
          isInline
          isExpandable={left.length > 3}
          variant="info"
          component="p"
          title={t('{{count}} rows skipped', { count: left.length })}
        >
          <ul>
            {left.slice(0, MOST_AT_ONCE).map((row) => (
              <li key={nameOf(row)}>
                {nameOf(row)}: {bulk.leftOut?.(row)}
              </li>
            ))}
          </ul>
        </Alert>
      ) : null}
    </>
  );
}

function Result({ total, failed }: { total: number; failed: Outcome[] }) {
  const { t } = useTranslation();
  return (
    <>
      {total > failed.length ? (
        <Alert
          isInline
          isLiveRegion
          variant="success"
          component="p"
          title={t('{{count}} rows done', { count: total - failed.length })}
        />
      ) : null}
      {failed.length > 0 ? (
        <Alert
          isInline
          isLiveRegion
          variant="danger"
          component="p"
          title={t('{{count}} rows failed', { count: failed.length })}
        >
          <ul>
            {failed.map(({ name, error }) => (
              <li key={name}>
                {name}: {error}
              </li>
            ))}
          </ul>
        </Alert>
      ) : null}
    </>
  );
}

/** Asks once, does it row by row, and tells of each that failed. */
function BulkDialog<T>({
  bulk,
  rows: all,
  nameOf,
  close,
}: {
  bulk: Bulk<T>;
  rows: T[];
  nameOf: (row: T) => string;
  close: (done: boolean) => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [rows, setRows] = useState<T[] | null>(null);
  const [done, setDone] = useState(0);
  const [failed, setFailed] = useState<Outcome[] | null>(null);
  const fit = all.filter((row) => !bulk.leftOut?.(row));
  const start = async () => {
    setRows(fit);
    setFailed(await inTurn(fit, nameOf, bulk.run, setDone));
    void queries.invalidateQueries();
  };
  const total = (rows ?? fit).length;
  const waits = rows !== null && failed === null;
  return (
    <Dialog
      title={bulk.text}
      isWarning={bulk.isDanger}
      close={() => (waits ? undefined : close(failed !== null))}
      closeLabel={failed ? t('Close') : undefined}
      actions={
        rows ? null : (
          <Button
            variant={bulk.isDanger ? 'danger' : 'primary'}
            isDisabled={total === 0 || total > MOST_AT_ONCE || bulk.ready === false}
            onClick={() => void start()}
          >
            {`${bulk.text} (${total})`}
          </Button>
        )
      }
    >
      {failed ? (
        <Result total={total} failed={failed} />
      ) : rows ? (
        <Progress
          aria-label={bulk.text}
          value={(done / total) * 100}
          title={t('{{done}} of {{count}} rows', { done, count: total })}
        />
      ) : (
        <Confirm bulk={bulk} rows={fit} all={all} nameOf={nameOf} />
      )}
    </Dialog>
  );
}

/** What can be done with the chosen rows of a list; nothing while none is chosen. */
export function BulkBar<T>({
  chosen,
  total,
  nameOf,
  bulks,
}: {
  chosen: Chosen<T>;
  total: number;
  nameOf: (row: T) => string;
  bulks: Bulk<T>[];
}) {
  const { t } = useTranslation();
  // By its text: an operation with fields is another one after each change of them.
  const [open, setOpen] = useState('');
  const bulk = bulks.find((each) => each.text === open);
  if (bulks.length === 0 || (chosen.rows.length === 0 && !bulk)) {
    return null;
  }
  return (
    <div className="hf-inline hf-bulk" role="group" aria-label={t('Selected rows')}>
      <strong>{t('{{count}} selected', { count: chosen.rows.length })}</strong>
      {bulks.map(({ text, isDanger }) => (
        <Button key={text} size="sm" variant="secondary" isDanger={isDanger} onClick={() => setOpen(text)}>
          {text}
        </Button>
      ))}
      {chosen.rows.length < total ? (
        <Button size="sm" variant="link" onClick={chosen.all}>
          {t('Select all {{count}} rows', { count: total })}
        </Button>
      ) : null}
      <Button size="sm" variant="link" onClick={chosen.clear}>
        {t('Clear selection')}
      </Button>
      {bulk ? (
        <BulkDialog
          bulk={bulk}
          rows={chosen.rows}
          nameOf={nameOf}
          close={(done) => {
            setOpen('');
            if (done) {
              chosen.clear();
            }
          }}
        />
      ) : null}
    </div>
  );
}
