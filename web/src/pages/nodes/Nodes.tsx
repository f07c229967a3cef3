import { SearchInput } from '@patternfly/react-core';
import { ServerIcon } from '@patternfly/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api } from '../../api/client';
import type { Node } from '../../api/types';
import { Loaded, Nothing, Page } from '../../components/basics';
import { badness } from '../../components/health';
import { useMay, useSession } from '../../components/session';
import { Time } from '../../components/Time';
import { VirtualTable } from '../../components/VirtualTable';
import { count } from '../../lib/format';
import { ClientRelease } from './NodeLife';
import { NodeState } from './NodeState';

/** The reason why a node is refused, shortened to two lines. The node's page shows it in full. */
function Refusal({ node }: { node: Node }) {
  const why = [node.suspended, node.identityCopied].filter(Boolean).join('\n');
  return node.active && why ? (
    <div className="hf-subtle hf-brief" title={why}>
      {why}
    </div>
  ) : null;
}

export default function Nodes() {
  const { t } = useTranslation();
  const may = useMay();
  const nodes = api.useQuery('get', '/nodes');
  const [wanted, setWanted] = useState('');
  const { allNodes } = useSession();
  const enrol =
    may('ENROL') && allNodes ? (
      <Link className="pf-v6-c-button pf-m-primary" to="/add-machine">
        {t('Add a machine')}
      </Link>
    ) : null;
  return (
    <Page title={t('Nodes')} actions={enrol} intro={t('Machines that this appliance backs up.')}>
      <Loaded query={nodes}>
        {({ nodes: all }) =>
          all.length === 0 ? (
            <Nothing title={t('No nodes are enrolled.')} icon={ServerIcon} action={enrol}>
              {t('Run the commands of “Add a machine” on it. It then appears here.')}
            </Nothing>
          ) : (
            <div className="hf-stack">
              <SearchInput
                aria-label={t('Filter by name')}
                placeholder={t('Filter by name')}
                value={wanted}
                onChange={(_, value) => setWanted(value)}
                onClear={() => setWanted('')}
              />
              <VirtualTable
                label={t('Nodes')}
                rows={all
                  .filter((node) => node.name.toLowerCase().includes(wanted.toLowerCase()))
                  .sort((a, b) => badness(a.health) - badness(b.health))}
                rowKey={(node) => node.name}
                columns={[
                  { title: t('Node'), cell: (node) => <Link to={`/nodes/${node.name}`}>{node.name}</Link> },
                  {
                    title: t('State'),
                    width: '9rem',
                    cell: (node) => (
                      <>
                        <NodeState node={node} />
                        <Refusal node={node} />
                      </>
                    ),
                  },
                  { title: t('Last success'), cell: (node) => <Time at={node.lastSnapshot} /> },
                  { title: t('Snapshots'), cell: (node) => count(node.snapshots) },
                  { title: t('Plans'), rest: 'cut', cell: (node) => node.plans.join(', ') || '—' },
                  { title: t('Policy'), cell: (node) => node.policy || t('none (keeps all)') },
                  { title: t('Client'), cell: (node) => <ClientRelease node={node} /> },
                  { title: t('Platform'), rest: 'cut', cell: (node) => node.platform },
                ]}
              />
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}
