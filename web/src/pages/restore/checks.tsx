import { Alert } from '@patternfly/react-core';
import { useQueries } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import type { RestoreCheck, RestoreOrder } from '../../api/types';
import { useSettled } from '../../lib/settled';
import type { Groups } from './estimate';

export type Where = Omit<RestoreOrder, 'paths'>;

/** Asks the appliance whether it would order the restores. `where` is null if that is not known yet. */
export function useChecks(groups: Groups, where: Where | null) {
  const settled = useSettled(where);
  const current = JSON.stringify(settled) === JSON.stringify(where);
  const queries = useQueries({
    queries: groups.map(({ snapshot, paths }) => ({
      queryKey: ['restore-check', snapshot, paths, settled],
      enabled: settled !== null && current,
      retry: false,
      queryFn: async () =>
        (
          await client.POST('/snapshots/{id}/restore-check', {
            params: { path: { id: snapshot } },
            body: { ...settled, paths },
          })
        ).data,
    })),
  });
  const found = queries.flatMap((each) => (each.data ? [each.data] : []));
  return {
    refused: current ? queries.find((each) => each.isError)?.error : undefined,
    checks: current && found.length === groups.length ? found : [],
  };
}

/** Where the files go, and what was checked before anything is ordered. */
export function Checks({ refused, checks }: ReturnType<typeof useChecks>) {
  const { t } = useTranslation();
  if (refused) {
    return (
      <Alert isInline isLiveRegion variant="danger" component="h3" title={t('This restore is not possible')}>
        {refused instanceof Error ? refused.message : String(refused)}
      </Alert>
    );
  }
  const [first] = checks;
  return first ? <Possible first={first} checks={checks} /> : null;
}

function Possible({ first, checks }: { first: RestoreCheck; checks: RestoreCheck[] }) {
  const { t } = useTranslation();
  const targets = [...new Set(checks.flatMap((each) => each.parts.map((part) => part.target)))];
  return (
    <>
      <p role="status">
        {t('The files are restored to {{path}} on {{node}}.', { path: targets.join(', '), node: first.node })}{' '}
        {first.connected ? t('The machine is connected.') : null}
      </p>
      {first.connected ? null : (
        <Alert
          isInline
          variant="warning"
          component="h3"
          title={t('The node is offline. The restore starts when its client service connects.')}
        />
      )}
      {first.told ? null : (
        <Alert
          isInline
          variant="warning"
          component="h3"
          title={t('The client does not report its allowed directories. It checks the target when the restore starts.')}
        />
      )}
      <p className="hf-subtle">
        {t(
          'The free space of the target is not known in advance. Files that do not fit are listed; all others are restored.',
        )}
      </p>
    </>
  );
}
