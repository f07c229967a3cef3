import { useTranslation } from 'react-i18next';
import { client, once } from '../api/client';
import { ActionButton } from './actions';
import { useKind } from './taskstate';

/** A button that queues a task of the appliance. */
export function QueueButton({ task, all = false, children }: { task: string; all?: boolean; children: string }) {
  const { t } = useTranslation();
  const kind = useKind();
  return (
    <ActionButton
      variant="secondary"
      run={() => client.POST('/tasks', { body: { kind: task, all }, headers: once() })}
      success={t('{{kind}}: queued', { kind: kind(task) })}
    >
      {children}
    </ActionButton>
  );
}
