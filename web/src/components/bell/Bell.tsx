import { NotificationBadge } from '@patternfly/react-core';
import { Suspense, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client';
import { part } from '../../lib/chunks';
import { mark, markSeen, seenBy } from '../../lib/seen';
import { useSession } from '../session';

const Notifications = part(() => import('./Notifications'));

/** What needs attention and the user has not seen yet, as the overview has it. */
export function Bell() {
  const { t } = useTranslation();
  const { user } = useSession();
  const needs = api.useQuery('get', '/overview').data?.needs ?? [];
  const [seen, setSeen] = useState(() => seenBy(user));
  const [open, setOpen] = useState(false);
  const id = useId();
  const news = needs.filter((each) => !seen.has(mark(each)));
  const alert = news.some((each) => each.severity === 'alert');
  const close = () => {
    setOpen(false);
    document.getElementById(id)?.focus();
  };
  return (
    <>
      <NotificationBadge
        id={id}
        variant={alert ? 'attention' : news.length > 0 ? 'unread' : 'read'}
        count={news.length}
        isExpanded={open}
        aria-label={t('Notifications, {{count}} new', { count: news.length })}
        onClick={() => setOpen(!open)}
      />
      {open ? (
        <Suspense fallback={null}>
          <Notifications
            needs={needs}
            isNew={(need) => !seen.has(mark(need))}
            seeAll={() => setSeen(markSeen(user, needs))}
            close={close}
          />
        </Suspense>
      ) : null}
    </>
  );
}
