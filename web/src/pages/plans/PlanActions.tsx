import { Button } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client, once } from '../../api/client';
import { ActButton, useActs } from '../../components/acts';
import { useMay, useSession } from '../../components/session';
import { PauseDialog } from './PauseDialog';

/** What can be done with a plan that exists. */
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
  const { act, ask } = useActs();
  const [pausing, setPausing] = useState(false);
  const path = { params: { path: { name } } };
  const remove = async () => {
    const sure = await ask({
      title: t('Remove the plan {{name}}?', { name }),
      text: null,
      word: '',
      button: t('Remove'),
    });
    if (sure && (await act(() => client.DELETE('/plans/{name}', path), t('The plan was removed')))) {
      removed();
    }
  };
  return (
    <>
      {may('OPERATE') ? (
        <ActButton
          variant="secondary"
          does={() =>
            client.POST('/plans/{name}/run', { ...path, body: { nodes: [], fullRead: false }, headers: once() })
          }
          done={t('Backups were ordered')}
        >
          {t('Run it now')}
        </ActButton>
      ) : null}
      {may('OPERATE') && session.allNodes && paused ? (
        <ActButton
          variant="secondary"
          does={() => client.DELETE('/plans/{name}/pause', path)}
          done={t('The plan is followed again')}
        >
          {t('Follow it again')}
        </ActButton>
      ) : null}
      {may('OPERATE') && session.allNodes && !paused ? (
        <Button variant="secondary" onClick={() => setPausing(true)}>
          {t('Pause')}
        </Button>
      ) : null}
      {readOnly ? null : (
        <Button variant="link" isDanger onClick={() => void remove()}>
          {t('Remove')}
        </Button>
      )}
      {pausing ? <PauseDialog plan={name} close={() => setPausing(false)} /> : null}
    </>
  );
}
