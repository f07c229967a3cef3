import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { ago, time, utc } from '../lib/format';

const TICK_MILLIS = 15_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function listen(changed: () => void) {
  if (listeners.size === 0) {
    now = Date.now();
  }
  listeners.add(changed);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) {
      each();
    }
  }, TICK_MILLIS);
  return () => {
    listeners.delete(changed);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** How long ago it was, which grows older while it is shown. */
const useAgo = (at: string) => useSyncExternalStore(listen, () => ago(at, now));

function Shown({ at, exact }: { at: string; exact?: boolean }) {
  const recent = useAgo(at);
  const date = time(at);
  return (
    <time className="hf-time" dateTime={at} title={`${date} (${utc(at)})`}>
      {exact ? date : (recent ?? date)}
    </time>
  );
}

/**
 * A point in time in the user's time zone. Within the last days, it is how long ago it was, unless `exact` is set. The
 * tooltip has the date and the time in UTC.
 */
export function Time({ at, none, exact }: { at: string | null | undefined; none?: string; exact?: boolean }) {
  const { t } = useTranslation();
  return at ? <Shown at={at} exact={exact} /> : <span>{none ?? t('Never')}</span>;
}
