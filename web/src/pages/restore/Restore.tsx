import { SearchInput } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client';
import { useMonth } from '../../api/restore';
import type { Entry, Snapshot, Version } from '../../api/types';
import { Failure, Loaded, Nothing, Page, Panel } from '../../components/basics';
import { Pick } from '../../components/fields';
import { Time } from '../../components/Time';
import { useAddress } from '../../lib/address';
import { basketOf, type Item, setBasket, useBasket, withItems } from '../../lib/baskets';
import { dayAt, monthOf } from '../../lib/months';
import { BasketBar } from './BasketBar';
import { Browser } from './Browser';
import { Calendar } from './Calendar';
import { FileDialog } from './FileDialog';
import { Ordered } from './Ordered';
import { PointState, Points } from './Points';
import { RestoreDialog } from './RestoreDialog';
import { Search } from './Search';

type Place = { node: string; snapshot: string; path: string; name: string };
type Go = (place: Partial<Place>, how?: { replace: boolean }) => void;

const add = (node: string, items: Item[]) => setBasket(node, withItems(basketOf(node), items));

/** The toolbar: selects the node, or searches by name. */
function Where({
  node,
  nodes,
  typed,
  setTyped,
  go,
}: {
  node: string;
  nodes: string[];
  typed: string;
  setTyped: (name: string) => void;
  go: Go;
}) {
  const { t } = useTranslation();
  return (
    <>
      <Pick
        label={t('Node')}
        none={t('Select a node')}
        value={node}
        onChange={(each) => go({ node: each, snapshot: '', path: '', name: '' })}
        options={nodes.map((each) => [each, each])}
      />
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
    </>
  );
}

/**
 * The calendar of restore points, and those of the day of the chosen one.
 *
 * `wanted` is the snapshot that is chosen, also while it is loaded.
 */
function TimeLine({
  node,
  wanted,
  snapshot,
  choose,
}: {
  node: string;
  wanted: string;
  snapshot: Snapshot | undefined;
  choose: (id: string) => void;
}) {
  const { t } = useTranslation();
  // What the user turned to, until another snapshot is chosen elsewhere.
  const [view, setView] = useState({ day: '', month: '', wanted });
  const current = view.wanted === wanted ? view : { day: '', month: '', wanted };
  const day = current.day || (snapshot ? dayAt(snapshot.taken) : '');
  const query = useMonth(node, current.month || (day ? monthOf(day) : ''));
  return (
    <Panel title={t('Point in time')} className="hf-timeline">
      <Loaded query={query}>
        {(found) =>
          found.points === 0 ? (
            <Nothing title={t('No snapshots yet')} />
          ) : (
            <>
              <Calendar
                month={found}
                chosen={day}
                choose={(each) => setView({ day: each, month: monthOf(each), wanted })}
                turn={(month) => setView({ ...current, month })}
              />
              {day ? (
                <Points
                  node={node}
                  day={day}
                  chosen={wanted}
                  newest={found.newest?.id ?? ''}
                  choose={(id) => {
                    setView({ day, month: monthOf(day), wanted: id });
                    choose(id);
                  }}
                />
              ) : null}
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

/** The files of one snapshot, and what was selected so far. */
function Content({ node, snapshot, path, go }: { node: string; snapshot: Snapshot; path: string | null; go: Go }) {
  const { t } = useTranslation();
  const [restoring, setRestoring] = useState(false);
  const [looked, setLooked] = useState<Entry | null>(null);
  const basket = useBasket(node);
  const here = { snapshot: snapshot.id, taken: snapshot.taken };
  // Otherwise a snapshot that is made meanwhile would be shown instead.
  const pin = (to: Partial<Place>, how?: { replace: boolean }) => go({ node, snapshot: snapshot.id, ...to }, how);
  const choose = (entries: Entry[], yes: boolean) => {
    pin({}, { replace: true });
    if (yes) {
      add(
        node,
        entries.map((entry) => ({ entry, ...here })),
      );
    } else {
      const paths = new Set(entries.map((each) => each.path));
      setBasket(
        node,
        basketOf(node).filter((each) => !paths.has(each.entry.path)),
      );
    }
  };
  return (
    <Panel
      className="hf-content"
      title={
        <span className="hf-inline">
          <span>
            {t('Files as they were at')} <Time exact at={snapshot.taken} />
          </span>
          <PointState snapshot={snapshot} newest={false} />
        </span>
      }
    >
      <BasketBar node={node} basket={basket} here={here} restore={() => setRestoring(true)} />
      <Browser
        key={snapshot.id}
        node={node}
        snapshot={snapshot.id}
        path={path}
        basket={basket}
        choose={choose}
        open={(folder) => pin({ path: folder })}
        look={setLooked}
      />
      {restoring ? <RestoreDialog node={node} basket={basket} close={() => setRestoring(false)} /> : null}
      {looked ? (
        <FileDialog
          node={node}
          snapshot={snapshot.id}
          entry={looked}
          take={(item) => {
            add(node, [item]);
            setLooked(null);
          }}
          close={() => setLooked(null)}
        />
      ) : null}
    </Panel>
  );
}

/** The snapshot of the address, or else the newest of the node. */
function useChosen(node: string, named: string | null) {
  const newest = useMonth(node, '');
  const wanted = named ?? newest.data?.newest?.id ?? '';
  const query = api.useQuery(
    'get',
    '/snapshots/{id}',
    { params: { path: { id: wanted } } },
    { enabled: wanted !== '', retry: false },
  );
  return { wanted, query };
}

/** What the address says, completed by the node and the snapshot that are shown without it. */
function usePlace() {
  const address = useAddress();
  const nodes = api.useQuery('get', '/nodes');
  const named = address.get('snapshot');
  const first = nodes.data?.nodes.find((each) => each.snapshots > 0)?.name ?? '';
  const asked = address.get('node') ?? (named ? '' : first);
  const { wanted, query } = useChosen(asked, named);
  const node = asked || query.data?.node || '';
  return {
    address,
    nodes,
    node,
    wanted,
    query,
    snapshot: query.data?.node === node ? query.data : undefined,
    path: address.get('path'),
    name: address.get('name') ?? '',
  };
}

export default function Restore() {
  const { t } = useTranslation();
  const { address, nodes, node, wanted, query, snapshot, path, name } = usePlace();
  const [typed, setTyped] = useState(name);
  const go: Go = (to, how) => address.set(to, how);
  const show = ({ snapshot: id, taken, entry }: Version) => {
    setTyped('');
    add(node, [{ entry, snapshot: id, taken }]);
    go({ node, snapshot: id, path: entry.path.slice(0, entry.path.lastIndexOf('/')) || '/', name: '' });
  };
  const names = (nodes.data?.nodes ?? []).map((each) => each.name);
  return (
    <Page title={t('Restore')} actions={<Where node={node} nodes={names} typed={typed} setTyped={setTyped} go={go} />}>
      <div className="hf-stack">
        <Ordered />
        {nodes.data && !node && !query.isPending ? <Nothing title={t('No snapshots yet')} /> : null}
        {name && node ? (
          <Panel title={t('Versions of “{{name}}”', { name })}>
            <Search node={node} name={name} show={show} />
          </Panel>
        ) : node ? (
          <div className="hf-restore">
            <TimeLine
              key={node}
              node={node}
              wanted={wanted}
              snapshot={snapshot}
              choose={(id) => go({ node, snapshot: id })}
            />
            {snapshot ? (
              <Content node={node} snapshot={snapshot} path={path} go={go} />
            ) : query.isError ? (
              <Failure error={query.error} retry={() => go({ snapshot: '' })} />
            ) : null}
          </div>
        ) : null}
      </div>
    </Page>
  );
}
