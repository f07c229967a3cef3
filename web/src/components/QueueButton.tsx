import { useTranslation } from 'react-i18next';
import { client, once } from '../api/client';
import { ActButton } from './acts';
import { useKind } from './taskstate';

/** A button that queues a task of the appliance. */
export function QueueButton({ task, all = false, children }: { task: string; all?: boolean; children: string }) {
  const { t } = useTranslation();
  const kind = useKind();
  return (
    <ActButton
      variant="secondary"
      does={() => client.POST('/tasks', { body: { kind: task, all }, headers: once() })}
      done={t('{{kind}}: queued', { kind: kind(task) })}
    >
      {children}
    </ActButton>
  );
}
