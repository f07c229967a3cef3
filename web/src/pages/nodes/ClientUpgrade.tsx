import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, client } from '../../api/client';
import type { Node } from '../../api/types';
import { ActionButton } from '../../components/actions';
import { useMay } from '../../components/session';

/** Upgrades the client of a node to the version that the appliance offers, or says why that is not possible. */
export function ClientUpgrade({ node: { name } }: { node: Node }) {
  const { t } = useTranslation();
  const may = useMay();
  const id = useId();
  const { data } = api.useQuery('get', '/nodes/{name}/upgrade', { params: { path: { name } } });
  if (!data || !may('NODES')) {
    return null;
  }
  const { state, version, task } = data;
  const reasons: Record<string, string> = {
    newest: t('The appliance offers no newer version.'),
    none: t('The appliance offers no package for this platform.'),
    unknown: t('The client has not connected yet.'),
    'too-old': t('The client is too old to upgrade itself. Install the newer package on the node once.'),
    inactive: t('The node does not accept tasks.'),
    ordered: t('An upgrade was requested:'),
  };
  const reason = reasons[state];
  return (
    <div className="hf-inline">
      <ActionButton
        variant="secondary"
        size="sm"
        isDisabled={reason !== undefined}
        aria-describedby={reason ? id : undefined}
        run={() => client.POST('/node-upgrades', { body: { nodes: [name], version } })}
        success={t('The upgrade was requested. It begins when the plans of the node allow it.')}
      >
        {reason ? t('Upgrade client') : t('Upgrade client to {{version}}', { version })}
      </ActionButton>
      {reason ? (
        <span id={id} className="hf-subtle">
          {reason} {task ? <Link to={`/tasks/${task}`}>{t('Task {{id}}', { id: task })}</Link> : null}
        </span>
      ) : null}
    </div>
  );
}
