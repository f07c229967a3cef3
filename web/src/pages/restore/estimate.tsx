import { Alert } from '@patternfly/react-core';
import { useQueries } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { client } from '../../api/client';
import type { RestorePlan } from '../../api/types';
import { Failure, Waiting } from '../../components/basics';
import { Terms } from '../../components/Terms';
import type { bySnapshot } from '../../lib/baskets';
import { bytes, count, duration } from '../../lib/format';

export type Groups = ReturnType<typeof bySnapshot>;

const SHOWN_DAMAGED = 20;

/** What restoring the groups would move, each by a request of its own. */
export function usePlans(groups: Groups) {
  return useQueries({
    queries: groups.map(({ snapshot, paths }) => ({
      queryKey: ['restore-plan', snapshot, paths],
      queryFn: async () =>
        (await client.POST('/snapshots/{id}/restore-plan', { params: { path: { id: snapshot } }, body: { paths } }))
          .data,
      retry: false,
    })),
  });
}

/** The sum of plans. Groups are restored one after the other. */
export function total(plans: RestorePlan[]): RestorePlan {
  const sum = (part: (plan: RestorePlan) => number) => plans.reduce((all, each) => all + part(each), 0);
  return {
    files: sum((each) => each.files),
    bytes: sum((each) => each.bytes),
    localBytes: sum((each) => each.localBytes),
    cloudBytes: sum((each) => each.cloudBytes),
    frozenBytes: sum((each) => each.frozenBytes),
    lostChunks: sum((each) => each.lostChunks),
    seconds: sum((each) => each.seconds),
    thaw: plans.find((each) => each.thaw)?.thaw ?? '',
    complete: plans.every((each) => each.complete),
    damagedFiles: sum((each) => each.damagedFiles),
    damaged: plans.flatMap((each) => each.damaged),
  };
}

function Damaged({ plan }: { plan: RestorePlan }) {
  const { t } = useTranslation();
  return (
    <Alert
      isInline
      variant="danger"
      component="h3"
      title={t('Damaged files in this selection: {{files}}. They will be missing after the restore.', {
        files: count(plan.damagedFiles),
      })}
      actionLinks={<Link to="/damage">{t('Show damaged files')}</Link>}
    >
      <ul className="hf-need-text">
        {plan.damaged.slice(0, SHOWN_DAMAGED).map((path) => (
          <li key={path}>
            <code>{path}</code>
          </li>
        ))}
      </ul>
      {plan.damagedFiles > SHOWN_DAMAGED ? '…' : null}
    </Alert>
  );
}

function Plan({ plan }: { plan: RestorePlan }) {
  const { t } = useTranslation();
  const size = `${count(plan.files)}, ${bytes(plan.bytes)}`;
  return (
    <>
      <Terms
        of={[
          [t('Files'), plan.complete ? size : t('At least {{value}}', { value: size })],
          [t('From the appliance'), bytes(plan.localBytes)],
          ...(plan.cloudBytes > 0 ? [[t('From the vault'), bytes(plan.cloudBytes)] as const] : []),
          ...(plan.frozenBytes > 0 ? [[t('To thaw'), `${bytes(plan.frozenBytes)}, ${plan.thaw}`] as const] : []),
          [t('Estimated duration'), duration(plan.seconds)],
        ]}
      />
      {plan.damagedFiles > 0 ? <Damaged plan={plan} /> : null}
      {plan.lostChunks > 0 ? (
        <Alert
          isInline
          variant="danger"
          component="h3"
          title={t('{{count}} chunks are damaged or lost', { count: plan.lostChunks })}
        />
      ) : null}
      {!plan.complete ? (
        <p className="hf-subtle">{t('The actual figures are higher: part of the data could not be examined.')}</p>
      ) : null}
    </>
  );
}

/** What the selection takes, and what of it is damaged. */
export function Estimate({ plans }: { plans: ReturnType<typeof usePlans> }) {
  const { t } = useTranslation();
  const failed = plans.find((each) => each.isError);
  const known = plans.flatMap((each) => (each.data ? [each.data] : []));
  return (
    <section aria-label={t('Estimate')} aria-live="polite">
      {failed ? (
        <Failure error={failed.error} retry={() => void failed.refetch()} />
      ) : known.length < plans.length ? (
        <Waiting lines={3} />
      ) : (
        <Plan plan={total(known)} />
      )}
    </section>
  );
}
