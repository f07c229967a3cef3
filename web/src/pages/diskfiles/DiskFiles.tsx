import { SearchInput } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFileSystems } from '../../api/diskfiles';
import type { FileSystems } from '../../api/types';
import { Failure, Nothing, Page, Panel, Waiting } from '../../components/basics';
import { Pick } from '../../components/fields';
import { useAddress } from '../../lib/address';
import { bytes } from '../../lib/format';
import { DiskFolder } from './DiskFolder';

type FileSystem = FileSystems['fileSystems'][number];

const shown = ({ name, type, label, bytes: size }: FileSystem) =>
  `${name} (${[type, label, bytes(size)].filter(Boolean).join(', ')})`;

/** Selects a file system, and the name to look for in it. */
function Where({ found, name, go }: { found: FileSystems; name: string; go: ReturnType<typeof useAddress> }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(name);
  const chosen = go.get('fileSystem') ?? '';
  return (
    <div className="hf-inline">
      <Pick
        label={t('File system')}
        none={t('Select a file system')}
        value={chosen}
        onChange={(each) => go.set({ fileSystem: each, path: '', name: '' })}
        options={found.fileSystems.map((each) => [each.name, shown(each)])}
      />
      {chosen ? (
        <SearchInput
          aria-label={t('Search this folder by name')}
          placeholder={t('Search this folder by name')}
          value={typed}
          onChange={(_, value) => setTyped(value)}
          onSearch={() => go.set({ name: typed })}
          onClear={() => {
            setTyped('');
            go.set({ name: '' });
          }}
          className="hf-search"
        />
      ) : null}
    </div>
  );
}

function Disks({ snapshot }: { snapshot: string }) {
  const { t } = useTranslation();
  const address = useAddress();
  const query = useFileSystems(snapshot);
  if (query.isPending) {
    return (
      <>
        <p role="status">{t('The disks are being opened. This can take a minute.')}</p>
        <Waiting />
      </>
    );
  }
  if (query.isError) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  if (query.data.fileSystems.length === 0) {
    return <Nothing title={t('No file system was found on the disks of this snapshot')} />;
  }
  const fileSystem = address.get('fileSystem') ?? '';
  const path = address.get('path') || '/';
  const name = address.get('name') ?? '';
  return (
    <div className="hf-stack">
      <Where key={`search ${fileSystem} ${name}`} found={query.data} name={name} go={address} />
      {fileSystem ? (
        <DiskFolder
          key={`folder ${fileSystem} ${path} ${name}`}
          snapshot={snapshot}
          fileSystem={fileSystem}
          path={path}
          name={name}
          open={(to) => address.set({ path: to, name: '' })}
        />
      ) : null}
    </div>
  );
}

/** Files on the disks of a snapshot of disks: found, and downloaded, without restoring the disk. */
export default function DiskFiles() {
  const { t } = useTranslation();
  const snapshot = useAddress().get('snapshot') ?? '';
  return (
    <Page title={t('Files on disks')} help="diskFiles">
      {snapshot ? (
        <Panel className="hf-wide" title={t('Snapshot {{id}}', { id: snapshot.slice(0, 8) })}>
          <Disks snapshot={snapshot} />
        </Panel>
      ) : (
        <Nothing title={t('No snapshot is selected')}>
          {t('Open the snapshots of a node whose disks are backed up, and choose “Files on disks”.')}
        </Nothing>
      )}
    </Page>
  );
}
