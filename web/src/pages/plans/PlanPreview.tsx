import { Alert, List, ListItem } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import type { Plan } from '../../api/types';
import { Panel } from '../../components/basics';
import { Time } from '../../components/Time';
import { useSettled } from '../../lib/settled';
import { describePlan } from '../../lib/summaries';

/** The summary of a plan, the error that the appliance reports for it, and its next runs. */
export function PlanPreview({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const settled = useSettled(plan);
  const preview = useQuery({
    queryKey: ['plan-preview', settled],
    queryFn: async () => (await client.POST('/plans/preview', { body: settled })).data,
    retry: false,
    placeholderData: (old) => old,
  });
  const problem = preview.isError ? String(preview.error.message) : (preview.data?.problem ?? '');
  const next = preview.data?.next.slice(0, 8) ?? [];
  return (
    <Panel title={t('Summary')}>
      <div className="hf-stack" aria-live="polite">
        {problem ? <Alert isInline variant="danger" title={problem} component="h3" /> : null}
        <List>
          {describePlan(plan, t).map((line) => (
            <ListItem key={line}>{line}</ListItem>
          ))}
        </List>
        {next.length > 0 ? (
          <div>
            <h3>{t('Next runs')}</h3>
            <List isPlain>
              {next.map((at) => (
                <ListItem key={at}>
                  <Time exact at={at} />
                </ListItem>
              ))}
            </List>
          </div>
        ) : null}
      </div>
    </Panel>
  );
}
