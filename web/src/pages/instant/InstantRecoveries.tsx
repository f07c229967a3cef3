import { Alert, Button } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, client } from '../../api/client';
import type { InstantRecovery } from '../../api/types';
import { Copyable, Loaded, Nothing, Page, Panel } from '../../components/basics';
import { FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { CheckField } from '../../components/fields';
import { SmallTable } from '../../components/SmallTable';
import { useMay } from '../../components/session';
import { Time } from '../../components/Time';
import { useWords } from '../../i18n';
import { bytes, count } from '../../lib/format';

type Disk = InstantRecovery['disks'][number];

const nodePage = (node: string) => `/nodes/${encodeURIComponent(node)}`;

function EndDialog({ recovery, close }: { recovery: InstantRecovery; close: () => void }) {
  const { t } = useTranslation();
  const written = recovery.disks.reduce((sum, disk) => sum + (disk.changedBytes ?? 0), 0);
  const editor = useEditor({
    initial: { discard: false },
    save: (body) => client.POST('/instant-recoveries/{id}/end', { params: { path: { id: recovery.id } }, body }),
    saved: t('The instant recovery was ended'),
    onSaved: close,
  });
  return (
    <FormDialog
      title={t('End this instant recovery?')}
      description={t('Shut the machine down first. The snapshot stays as it is.')}
      editor={editor}
      submit={t('End')}
      isDanger
      close={close}
    >
      {written > 0 ? (
        <CheckField
          {...editor.field('discard')}
          label={t('Delete what the machine has written: {{size}}', { size: bytes(written) })}
        />
      ) : null}
    </FormDialog>
  );
}

function Disks({ disks }: { disks: Disk[] }) {
  const { t } = useTranslation();
  return (
    <SmallTable
      label={t('Disks')}
      rows={disks}
      rowKey={(disk) => String(disk.number)}
      columns={[
        { title: t('Disk'), rest: 'wrap', cell: (disk) => disk.path },
        { title: t('Size'), cell: (disk) => bytes(disk.bytes) },
        { title: t('Changed'), cell: (disk) => (disk.changedBytes === null ? '—' : bytes(disk.changedBytes ?? 0)) },
        {
          title: t('Address'),
          rest: 'wrap',
          cell: (disk) => (
            <>
              {disk.local ? <Copyable text={disk.local} label={t('For machines on the appliance')} /> : null}
              {disk.remote ? <Copyable text={disk.remote} label={t('For machines on other hosts')} /> : null}
            </>
          ),
        },
      ]}
    />
  );
}

function Recovery({ recovery }: { recovery: InstantRecovery }) {
  const { t } = useTranslation();
  const words = useWords();
  const may = useMay();
  const [ending, setEnding] = useState(false);
  return (
    <Panel title={recovery.node} className="hf-wide">
      {recovery.trouble ? <Alert isInline variant="danger" component="h3" title={words('', recovery.trouble)} /> : null}
      <p>
        <Link to={nodePage(recovery.node)}>{t('Snapshot {{id}}', { id: recovery.snapshot.slice(0, 8) })}</Link>
        {' · '}
        {t('Begun:')} <Time at={recovery.begun} />
        {' · '}
        {t('Connections: {{value}}', { value: count(recovery.connections) })}
        {recovery.user === recovery.node ? '' : ` · ${t('Used by {{node}}', { node: recovery.user })}`}
      </p>
      <Disks disks={recovery.disks} />
      {may('RESTORE') ? (
        <div className="hf-actions">
          <Button variant="secondary" onClick={() => setEnding(true)}>
            {t('End')}
          </Button>
        </div>
      ) : null}
      {ending ? <EndDialog recovery={recovery} close={() => setEnding(false)} /> : null}
    </Panel>
  );
}

export default function InstantRecoveries() {
  const { t } = useTranslation();
  const query = api.useQuery('get', '/instant-recoveries', {}, { refetchInterval: 10_000 });
  return (
    <Page title={t('Instant recovery')} help="instant">
      <Loaded query={query}>
        {({ recoveries }) =>
          recoveries.length === 0 ? (
            <Nothing title={t('No machine runs from a snapshot')}>
              {t(
                'A machine can run from a snapshot of its disks at once. Open the snapshots of a node, and choose “Instant recovery”.',
              )}
            </Nothing>
          ) : (
            <div className="hf-stack">
              {recoveries.map((each) => (
                <Recovery key={each.id} recovery={each} />
              ))}
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}
