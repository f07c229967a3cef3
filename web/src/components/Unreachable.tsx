import { Banner } from '@patternfly/react-core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useUnreachableSince } from '../api/reachable';
import { clock } from '../lib/format';

/** Says since when the appliance does not answer. When it answers again, all that is shown is loaded again. */
export function UnreachableBanner() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const since = useUnreachableSince();
  const before = useRef(since);
  useEffect(() => {
    if (before.current !== null && since === null) {
      void queries.invalidateQueries();
    }
    before.current = since;
  }, [since, queries]);
  return since === null ? null : (
    <Banner status="danger" role="status">
      {t('The appliance has been unreachable since {{time}}. Reconnecting.', { time: clock(since) })}
    </Banner>
  );
}
