import { Alert } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { FREQUENT_MINUTES, minutesBetween } from '../../lib/plans';

/** What a plan means that runs every few minutes; nothing for others. */
export function FrequentRuns({ schedule }: { schedule: string }) {
  const { t } = useTranslation();
  const minutes = minutesBetween(schedule);
  if (minutes === null || minutes >= FREQUENT_MINUTES) {
    return null;
  }
  return (
    <Alert
      isInline
      isPlain
      variant="warning"
      title={t('Up to {{count}} snapshots per day and node', { count: Math.floor(1440 / minutes) })}
    >
      <p>
        {t(
          'Each run searches all files of the plan for changes. A run that takes longer than its interval is not overlapped: the next one starts when it is due again.',
        )}
      </p>
      <p>
        {t(
          'Assign a policy that keeps all snapshots within some hours, and hourly and daily ones before. Without a policy all snapshots are kept.',
        )}
      </p>
    </Alert>
  );
}
