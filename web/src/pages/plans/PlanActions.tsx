import { Button } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client, once } from '../../api/client';
import { ActionButton, useActions } from '../../components/actions';
import { useMay, useSession } from '../../components/session';
import { PauseDialog } from './PauseDialog';

/** The actions on an existing plan. */
export function PlanActions({
  name,
  paused,
  readOnly,
  removed,
}: {
  name: string;
  paused: boolean;
  readOnly: boolean;
  removed: () => void;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const session = useSession();
  const { act, ask } = useActions();
  const [pausing, setPausing] = useState(false);
  const path = { params: { path: { name } } };
  const remove = async () => {
    const sure = await ask({
      title: t('Delete plan {{name}}?', { name }),
      text: null,
      word: '',
      button: t('Delete'),
    });
    if (sure && (await act(() => client.DELETE('/plans/{name}', path), t('The plan was deleted')))) {
      removed();
    }
  };
  return (
    <>
      {may('OPERATE') ? (
        <ActionButton
          variant="secondary"
          run={() =>
            client.POST('/plans/{name}/run', { ...path, body: { nodes: [], fullRead: false }, headers: once() })
          }
          success={t('Backups were requested')}
        >
          {t('Run now')}
        </ActionButton>
      ) : null}
      {may('OPERATE') && session.allNodes && paused ? (
        <ActionButton
          variant="secondary"
          run={() => client.DELETE('/plans/{name}/pause', path)}
          success={t('The plan was resumed')}
        >
          {t('Resume plan')}
        </ActionButton>
      ) : null}
      {may('OPERATE') && session.allNodes && !paused ? (
        <Button variant="secondary" onClick={() => setPausing(true)}>
          {t('Pause')}
        </Button>
      ) : null}
      {readOnly ? null : (
        <Button variant="link" isDanger onClick={() => void remove()}>
          {t('Delete')}
        </Button>
      )}
      {pausing ? <PauseDialog plan={name} close={() => setPausing(false)} /> : null}
    </>
  );
}
