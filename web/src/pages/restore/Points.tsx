import { Button, Label } from '@patternfly/react-core';
import { type KeyboardEvent, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useDay } from '../../api/restore';
import type { Snapshot } from '../../api/types';
import { Failure, Waiting } from '../../components/basics';
import i18n from '../../i18n';
import { bytes, count } from '../../lib/format';
import { date, dayAt } from '../../lib/months';

const clock = (at: string) => new Intl.DateTimeFormat(i18n.language, { timeStyle: 'medium' }).format(new Date(at));

/** What is to be known of a snapshot before it is restored, beside its time. */
export function PointState({ snapshot, newest }: { snapshot: Snapshot; newest: boolean }) {
  const { t } = useTranslation();
  return (
    <span className="hf-inline">
      {newest ? (
        <Label isCompact color="blue">
          {t('Latest')}
        </Label>
      ) : null}
      {snapshot.damaged > 0 ? (
        <Label isCompact status="danger" title={t('Damaged files: {{files}}', { files: count(snapshot.damaged) })}>
          {t('Damaged')}
        </Label>
      ) : null}
      {snapshot.problems > 0 ? (
        <Label isCompact status="warning">
          {t('{{count}} warnings', { count: snapshot.problems })}
        </Label>
      ) : null}
      {snapshot.kept ? (
        <Label isCompact variant="outline">
          {snapshot.kept}
        </Label>
      ) : null}
    </span>
  );
}

/** The restore points of a day, the newest first. The arrow keys move between them, Enter selects. */
export function Points({
  node,
  day,
  chosen,
  newest,
  choose,
}: {
  node: string;
  day: string;
  chosen: string;
  newest: string;
  choose: (snapshot: string) => void;
}) {
  const { t } = useTranslation();
  const list = useRef<HTMLUListElement>(null);
  const query = useDay(node, day);
  const points = query.data?.pages.flatMap((page) => page.snapshots) ?? [];
  const stop = points.some((each) => each.id === chosen) ? chosen : points[0]?.id;
  const key = (event: KeyboardEvent) => {
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      buttons[to]?.focus();
    }
  };
  if (query.isError) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  if (query.isPending) {
    return <Waiting lines={3} />;
  }
  return (
    <section aria-label={t('Restore points of the day')}>
      <h3>{new Intl.DateTimeFormat(i18n.language, { dateStyle: 'long' }).format(date(day))}</h3>
      <ul ref={list} className="hf-points" onKeyDown={key}>
        {points.map((each) => (
          <li key={each.id}>
            <button
              type="button"
              className={`hf-point${each.id === chosen ? ' hf-point-chosen' : ''}`}
              aria-current={each.id === chosen}
              tabIndex={each.id === stop ? 0 : -1}
              onClick={() => choose(each.id)}
            >
              <span>{clock(each.taken)}</span>
              <span className="hf-subtle">{each.bytes < 0 ? '' : bytes(each.bytes)}</span>
              <PointState snapshot={each} newest={each.id === newest} />
            </button>
          </li>
        ))}
      </ul>
      {query.hasNextPage ? (
        <Button variant="link" isLoading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('Load older')}
        </Button>
      ) : null}
      {day === dayAt(new Date().toISOString()) && points.length === 0 ? <p>{t('No snapshots yet')}</p> : null}
    </section>
  );
}
