import { Breadcrumb, BreadcrumbItem, Button, Checkbox } from '@patternfly/react-core';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { api, Problem } from '../../api/client';
import { useFiles } from '../../api/restore';
import type { Entry } from '../../api/types';
import { Loaded, Nothing } from '../../components/basics';
import { SmallTable } from '../../components/SmallTable';
import { around, type Basket, isInside, MOST_ITEMS } from '../../lib/baskets';
import { steps } from '../../lib/folders';
import { type Acts, Files, Unreadable, useFileColumns } from './Files';

/** The path of the current folder as links. What lies above the backed-up folder is one step with it. */
function Trail({ node, path, tops, open }: { node: string; path: string; tops: string[]; open: Acts['open'] }) {
  const { t } = useTranslation();
  const top = tops.find((each) => each === path || isInside(path, each));
  const inner = steps(path).filter((step) => top === undefined || top === '/' || isInside(step.path, top));
  const all = [
    { name: node, path: '' },
    ...(top !== undefined && path !== '' ? [{ name: top, path: top }] : []),
    ...(path === '' ? [] : inner),
  ];
  return (
    <Breadcrumb aria-label={t('Folder')}>
      {all.map((step) => (
        <BreadcrumbItem key={step.path}>
          <Button variant="link" isInline onClick={() => open(step.path)}>
            {step.name}
          </Button>
        </BreadcrumbItem>
      ))}
    </Breadcrumb>
  );
}

const folder = (path: string): Entry => ({
  name: path.slice(path.lastIndexOf('/') + 1) || '/',
  path,
  kind: 'directory',
  size: 0,
  modified: null,
  mode: 0,
  uid: 0,
  gid: 0,
  damaged: false,
});

/** Selects everything that is shown; the folder itself if it has more entries than a selection takes. */
function SelectAll({ path, entries, whole, basket, snapshot, choose }: Acts & Shown) {
  const { t } = useTranslation();
  const has = (each: string) =>
    basket.some((item) => item.entry.path === each && item.snapshot === snapshot) || Boolean(around(basket, each));
  const all = (path !== '' && has(path)) || (entries.length > 0 && entries.every((each) => has(each.path)));
  const large = !whole || entries.length + basket.length > MOST_ITEMS;
  const asFolder = path !== '' && large;
  const change = () => choose(asFolder || (all && has(path)) ? [folder(path)] : entries, !all);
  return (
    <Checkbox
      id="choose all"
      label={asFolder ? t('Select all (the whole folder)') : t('Select all')}
      isDisabled={entries.length === 0 || (all && path !== '' && Boolean(around(basket, path)))}
      isChecked={all}
      onChange={change}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key === 'Enter') {
          event.preventDefault();
          change();
        }
      }}
    />
  );
}

/** The entries that are shown, and whether these are all. */
type Shown = { path: string; entries: Entry[]; whole: boolean };

/** The folders and files that were backed up: where browsing begins. */
function Sources({ entries, missing, more, ...acts }: Acts & { entries: Entry[]; missing: string[]; more: boolean }) {
  const { t } = useTranslation();
  const columns = useFileColumns(acts);
  // Their names alone would not tell them apart.
  const rows = entries.map((each) => ({ ...each, name: each.path }));
  return (
    <>
      <SelectAll {...acts} path="" entries={rows} whole={!more} />
      {rows.length > 0 ? (
        <SmallTable label={t('Backed-up folders')} rows={rows} rowKey={(each) => each.path} columns={columns} />
      ) : (
        <Nothing title={t('None of the backed-up folders is in this snapshot')} />
      )}
      {missing.length > 0 ? (
        <p className="hf-subtle">
          {t('Included in the plan, but missing from this snapshot: {{paths}}', { paths: missing.join(', ') })}
        </p>
      ) : null}
    </>
  );
}

function Folder({ path, start, ...acts }: Acts & { path: string; start: () => void }) {
  const query = useFiles(acts.snapshot, path);
  const entries = query.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <>
      <SelectAll {...acts} path={path} entries={entries} whole={!query.hasNextPage} />
      <Files {...acts} query={query} start={start} />
    </>
  );
}

/** Browses one snapshot, from its backed-up folders on; if there is only one, from what is in it. */
export function Browser({ node, path, ...acts }: Acts & { node: string; path: string | null; basket: Basket }) {
  const sources = api.useQuery(
    'get',
    '/snapshots/{id}/sources',
    { params: { path: { id: acts.snapshot } } },
    { retry: false },
  );
  if (sources.error instanceof Problem && sources.error.type === 'damaged') {
    return <Unreadable error={sources.error} start={() => acts.open('')} />;
  }
  return (
    <Loaded query={sources}>
      {({ entries, missing, more }) => {
        const only = entries.length === 1 && entries[0]?.kind === 'directory' ? entries[0].path : '';
        const at = path ?? only;
        const start = () => acts.open('');
        return (
          <>
            <Trail node={node} path={at} tops={entries.map((each) => each.path)} open={acts.open} />
            {at === '' ? (
              <Sources {...acts} entries={entries} missing={missing} more={more} />
            ) : (
              <Folder {...acts} path={at} start={start} />
            )}
          </>
        );
      }}
    </Loaded>
  );
}
