import { Button, SearchInput } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client';
import { useSnapshots } from '../../api/snapshots';
import type { Entry, Version } from '../../api/types';
import { Nothing, Page, Panel } from '../../components/basics';
import { Pick } from '../../components/fields';
import { useAddress } from '../../lib/address';
import { bytes, time } from '../../lib/format';
import { select, selectionOf, useSelection } from '../../lib/selections';
import { Files } from './Files';
import { RestoreDialog } from './RestoreDialog';
import { Search } from './Search';
import { Selection, Trail } from './Selection';

type Place = { node: string; snapshot: string; path: string; name: string };
type Go = (place: Partial<Place>) => void;

/** The toolbar: selects the node and the point in time, or searches by name. */
function Where({
  place,
  nodes,
  snapshots,
  typed,
  setTyped,
  go,
}: {
  place: Place;
  nodes: string[];
  snapshots: ReturnType<typeof useSnapshots>;
  typed: string;
  setTyped: (name: string) => void;
  go: Go;
}) {
  const { t } = useTranslation();
  return (
    <Panel>
      <div className="hf-inline">
        <Pick
          label={t('Node')}
          none={t('Select a node')}
          value={place.node}
          onChange={(node) => go({ node, snapshot: '', path: '', name: '' })}
          options={nodes.map((node) => [node, node])}
        />
        <Pick
          label={t('Point in time')}
          value={place.snapshot}
          onChange={(snapshot) => go({ snapshot, name: '' })}
          options={(snapshots.data?.pages ?? [])
            .flatMap((page) => page.snapshots)
            .map((each) => [each.id, `${time(each.taken)} · ${bytes(each.bytes)}`])}
        />
        {snapshots.hasNextPage ? (
          <Button variant="link" onClick={() => void snapshots.fetchNextPage()}>
            {t('Load older')}
          </Button>
        ) : null}
        <SearchInput
          aria-label={t('Search all snapshots by name')}
          placeholder={t('Search all snapshots by name')}
          value={typed}
          onChange={(_, value) => setTyped(value)}
          onSearch={() => go({ name: typed })}
          onClear={() => {
            setTyped('');
            go({ name: '' });
          }}
          className="hf-search"
        />
      </div>
    </Panel>
  );
}

/** Browses one snapshot. Its selection is kept when the folder, the snapshot or the page changes. */
function Browser({ place, go, pin }: { place: Place; go: Go; pin: () => void }) {
  const [restoring, setRestoring] = useState(false);
  const { node, snapshot, path } = place;
  const chosen = useSelection(snapshot);
  const choose = (entry: Entry, yes: boolean) => {
    const next = new Map(chosen);
    if (yes) {
      next.set(entry.path, entry);
    } else {
      next.delete(entry.path);
    }
    select(snapshot, next);
    pin();
  };
  const open = (folder: string) => go({ path: folder });
  return (
    <Panel>
      <Trail node={node} path={path} go={open} />
      <Selection
        snapshot={snapshot}
        chosen={chosen}
        clear={() => select(snapshot, new Map())}
        restore={() => setRestoring(true)}
      />
      <Files snapshot={snapshot} path={path} go={open} chosen={chosen} choose={choose} />
      {restoring ? (
        <RestoreDialog snapshot={snapshot} node={node} paths={[...chosen.keys()]} close={() => setRestoring(false)} />
      ) : null}
    </Panel>
  );
}

export default function Restore() {
  const { t } = useTranslation();
  const address = useAddress();
  const [typed, setTyped] = useState(address.get('name') ?? '');
  const nodes = api.useQuery('get', '/nodes');
  const node = address.get('node') ?? nodes.data?.nodes.find((each) => each.snapshots > 0)?.name ?? '';
  const snapshots = useSnapshots(node);
  const place: Place = {
    node,
    snapshot: address.get('snapshot') ?? snapshots.data?.pages[0]?.snapshots[0]?.id ?? '',
    path: address.get('path') ?? '/',
    name: address.get('name') ?? '',
  };
  const go: Go = (to) => address.set(to);
  // Otherwise a newer snapshot, which has no selection, would be shown on the way back.
  const pin = () => address.set({ node, snapshot: place.snapshot }, { replace: true });
  const show = ({ snapshot, entry }: Version) => {
    setTyped('');
    select(snapshot, new Map(selectionOf(snapshot)).set(entry.path, entry));
    address.set({ snapshot, path: entry.path.slice(0, entry.path.lastIndexOf('/')) || '/', name: '' });
  };
  return (
    <Page
      title={t('Restore')}
      intro={t('Select a node and a point in time to browse its files, or search all snapshots of the node by name.')}
    >
      <div className="hf-stack">
        <Where
          place={place}
          nodes={(nodes.data?.nodes ?? []).map((each) => each.name)}
          snapshots={snapshots}
          typed={typed}
          setTyped={setTyped}
          go={go}
        />
        {nodes.data && !node ? <Nothing title={t('No snapshots yet')} /> : null}
        {place.name && node ? (
          <Panel title={t('Versions of “{{name}}”', { name: place.name })}>
            <Search node={node} name={place.name} show={show} />
          </Panel>
        ) : place.snapshot ? (
          <Browser place={place} go={go} pin={pin} />
        ) : null}
      </div>
    </Page>
  );
}
