import { Alert, Button, Label } from '@patternfly/react-core';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { api, client } from '../../api/client';
import type { Node, NodeDetail } from '../../api/types';
import { ActionButton, useActions } from '../../components/actions';
import { isShown, Loaded, Nothing, Page, Panel, Waiting } from '../../components/basics';
import { SmallTable } from '../../components/SmallTable';
import { useMay } from '../../components/session';
import { Terms } from '../../components/Terms';
import { Time } from '../../components/Time';
import { TaskList } from '../../components/tasks';
import { part } from '../../lib/chunks';
import { bytes, count, duration, rate } from '../../lib/format';
import { Bindings } from './Bindings';
import { BootTest } from './BootTest';
import { ClientUpgrade } from './ClientUpgrade';
import { EnrolDialog } from './EnrolDialog';
import { Holds } from './Holds';
import { ClientRelease, RemoveDialog, RenameDialog } from './NodeLife';
import { NodeState } from './NodeState';
import { RpoPanel } from './RpoPanel';
import { SnapshotTable } from './SnapshotTable';
import { TagsEditor } from './tags';

const Charts = part(() => import('../../components/charts'));

function NodeActions({ node }: { node: Node }) {
  const { t } = useTranslation();
  const may = useMay();
  const { act, ask } = useActions();
  const [open, setOpen] = useState<'enrol' | 'rename' | 'remove' | null>(null);
  const close = () => setOpen(null);
  const { name, active } = node;
  const protectable = may('PLAN') && may('OPERATE') && active && node.plans.length === 0;
  const removable = may('NODES') && (node.retiredAt === null || may('DESTROY'));
  const path = { params: { path: { name } } };
  const revoke = async () => {
    const sure = await ask({
      title: t('Revoke node {{node}}?', { node: name }),
      text: <p>{t('The node loses access immediately. Its snapshots are kept and can be restored to other nodes.')}</p>,
      word: name,
      button: t('Revoke'),
    });
    if (sure) {
      await act(() => client.DELETE('/nodes/{name}', path), t('The node was revoked'));
    }
  };
  return (
    <>
      {protectable ? (
        <Link className="pf-v6-c-button pf-m-primary" to={`/nodes/${name}/protect`}>
          {t('Protect this machine')}
        </Link>
      ) : null}
      {may('OPERATE') && active ? (
        <ActionButton
          variant="secondary"
          run={() => client.POST('/nodes/{name}/drill', path)}
          success={t('A restore test was requested')}
        >
          {t('Start restore test')}
        </ActionButton>
      ) : null}
      {may('BROWSE') ? (
        <Link className="pf-v6-c-button pf-m-secondary" to={`/restore?node=${encodeURIComponent(name)}`}>
          {t('Restore')}
        </Link>
      ) : null}
      {may('ENROL') && may('RESTORE') ? (
        <Button variant="secondary" onClick={() => setOpen('enrol')}>
          {t('New certificate')}
        </Button>
      ) : null}
      {may('NODES') && active ? (
        <Button variant="danger" onClick={() => void revoke()}>
          {t('Revoke')}
        </Button>
      ) : null}
      {may('NODES') ? (
        <Button variant="secondary" onClick={() => setOpen('rename')}>
          {t('Rename')}
        </Button>
      ) : null}
      {removable ? (
        <Button variant="danger" onClick={() => setOpen('remove')}>
          {t('Remove')}
        </Button>
      ) : null}
      {open === 'enrol' ? <EnrolDialog node={name} close={close} /> : null}
      {open === 'rename' ? <RenameDialog name={name} close={close} /> : null}
      {open === 'remove' ? <RemoveDialog node={node} close={close} /> : null}
    </>
  );
}

function Facts({ detail: { node, fingerprint, storedBytes, ownBytes, restoreBelow } }: { detail: NodeDetail }) {
  const { t } = useTranslation();
  const size = (value: number) => (value < 0 ? t('Not calculated yet') : bytes(value));
  return (
    <Panel title={t('Node')}>
      <Terms
        of={[
          [t('State'), <NodeState key="s" node={node} />],
          [t('Tags'), <TagsEditor key="t" node={node} />],
          [t('Platform'), node.platform],
          [
            t('Client'),
            <div key="c" className="hf-stack">
              <ClientRelease node={node} />
              <ClientUpgrade node={node} />
            </div>,
          ],
          [t('Enrolled'), <Time key="e" at={node.enrolledAt} />],
          [t('Last seen'), <Time key="l" at={node.seenAt} />],
          [t('Last success'), <Time key="g" at={node.lastSnapshot} />],
          [t('Referenced storage'), size(storedBytes)],
          [t('Exclusive storage'), size(ownBytes)],
          [
            t('Restores to'),
            restoreBelow
              ? restoreBelow.join(', ') || t('No restores from the appliance')
              : t('Unknown: the client is too old to report it'),
          ],
          [t('Certificate'), <code key="f">{fingerprint.slice(0, 16)}…</code>],
        ]}
      />
    </Panel>
  );
}

function Drills({ drills }: { drills: NodeDetail['rehearsals'] }) {
  const { t } = useTranslation();
  return (
    <Panel className="hf-wide" title={t('Restore tests')}>
      {drills.length === 0 ? (
        <Nothing title={t('No restore tests yet')}>
          {t('Restore tests start automatically one week after the first snapshot.')}
        </Nothing>
      ) : (
        <SmallTable
          label={t('Restore tests')}
          rows={drills}
          rowKey={(drill) => drill.task}
          columns={[
            {
              title: t('Time'),
              cell: (drill) => (
                <Link to={`/tasks/${drill.task}`}>
                  <Time at={drill.at} />
                </Link>
              ),
            },
            {
              title: t('Result'),
              cell: (drill) => (
                <Label isCompact status={drill.passed ? 'success' : 'danger'}>
                  {drill.passed ? t('Passed') : t('Failed')}
                </Label>
              ),
            },
            {
              title: t('Sample'),
              rest: 'cut',
              cell: (drill) =>
                drill.boot ? (
                  <BootTest task={drill.task} boot={drill.boot} millis={drill.millis} />
                ) : (
                  [
                    t('{{count}} files', { count: drill.files }),
                    bytes(drill.bytes),
                    rate(drill.bytes / Math.max(0.001, drill.millis / 1000)),
                  ].join(', ')
                ),
            },
            { title: t('RTO (full restore)'), cell: (drill) => duration(drill.rtoSeconds) },
          ]}
        />
      )}
    </Panel>
  );
}

function DamagedFiles({ node }: { node: Node }) {
  const { t } = useTranslation();
  return node.damaged > 0 ? (
    <Alert
      isInline
      variant="danger"
      component="h2"
      title={t('Files of this node’s snapshots are damaged: {{files}}', { files: count(node.damaged) })}
      actionLinks={<Link to="/damage">{t('Show damaged files')}</Link>}
    >
      {t('These files cannot be restored until they are healed.')}
    </Alert>
  ) : null;
}

export default function NodePage() {
  const { t } = useTranslation();
  const { name = '' } = useParams();
  const query = api.useQuery('get', '/nodes/{name}', { params: { path: { name } } });
  return (
    <Page title={name} actions={query.data && isShown(query) ? <NodeActions node={query.data.node} /> : null}>
      <Loaded query={query}>
        {(detail) => (
          <div className="hf-stack">
            <Holds node={detail.node} />
            <DamagedFiles node={detail.node} />
            <div className="hf-grid">
              <Facts detail={detail} />
              <Bindings name={name} plans={detail.node.plans} policy={detail.node.policy} />
              <Suspense fallback={<Waiting />}>
                <Charts node={name} />
              </Suspense>
              {detail.node.active ? <RpoPanel rpo={detail.rpo} /> : null}
              <Drills drills={detail.rehearsals} />
            </div>
            <Link to={`/attack?node=${encodeURIComponent(name)}`}>{t('Changes by backup')}</Link>
            <Panel title={t('Snapshots')}>
              <SnapshotTable node={name} />
            </Panel>
            <Panel title={t('History')}>
              <TaskList filter={{ node: name }} height="40vh" />
            </Panel>
          </div>
        )}
      </Loaded>
    </Page>
  );
}
