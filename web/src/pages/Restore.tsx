import {
  Alert,
  Breadcrumb,
  BreadcrumbItem,
  Button,
  Card,
  CardBody,
  CardTitle,
  Checkbox,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  Label,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  SearchInput,
  TextInput,
} from '@patternfly/react-core';
import { FileIcon, FolderIcon, LinkIcon } from '@patternfly/react-icons';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { api, client, once } from '../api/client';
import type { Entry, Version } from '../api/types';
import { useActs } from '../components/acts';
import { Failure, Nothing, Page, Time, Waiting } from '../components/basics';
import { useMay } from '../components/session';
import { useSnapshots } from '../components/snapshots';
import { VirtualTable } from '../components/VirtualTable';
import { bytes, count, duration, time } from '../lib/format';

/** A path and the names on the way to it, as the appliance writes them: '/' between names, never in them. */
function steps(path: string): { name: string; path: string }[] {
  const names = path.split('/').filter(Boolean);
  return names.map((name, i) => ({ name, path: `/${names.slice(0, i + 1).join('/')}` }));
}

function Kind({ entry }: { entry: Entry }) {
  return entry.kind === 'directory' ? <FolderIcon /> : entry.kind === 'symlink' ? <LinkIcon /> : <FileIcon />;
}

type Choice = Map<string, Entry>;

/** What servers take in an address. */
const MOST_ADDRESS = 6000;

function Files({
  snapshot,
  path,
  go,
  chosen,
  choose,
}: {
  snapshot: string;
  path: string;
  go: (path: string) => void;
  chosen: Choice;
  choose: (entry: Entry, yes: boolean) => void;
}) {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: ['files', snapshot, path],
    initialPageParam: '',
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/snapshots/{id}/files', {
        params: { path: { id: snapshot }, query: { path, limit: '500', ...(pageParam ? { after: pageParam } : {}) } },
      });
      return data ?? { entries: [], next: '' };
    },
    getNextPageParam: (last) => last.next || undefined,
  });
  const { fetchNextPage } = query;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  if (query.isPending) {
    return <Waiting />;
  }
  if (query.isError) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  const rows = query.data.pages.flatMap((page) => page.entries);
  if (rows.length === 0) {
    return <Nothing title={t('This folder is empty')} icon={FolderIcon} />;
  }
  return (
    <VirtualTable
      label={t('Files')}
      height="50vh"
      rows={rows}
      rowKey={(entry) => entry.path}
      more={query.hasNextPage}
      loadMore={more}
      loading={query.isFetchingNextPage}
      columns={[
        {
          title: t('Choose'),
          hiddenTitle: true,
          width: '3rem',
          cell: (entry) => (
            <Checkbox
              id={`choose ${entry.path}`}
              aria-label={t('Choose {{name}}', { name: entry.name })}
              isChecked={chosen.has(entry.path)}
              onChange={(_, checked) => choose(entry, checked)}
            />
          ),
        },
        {
          title: t('Name'),
          cell: (entry) => (
            <span className="hf-name">
              <Kind entry={entry} />
              {entry.kind === 'directory' ? (
                <Button variant="link" isInline onClick={() => go(entry.path)}>
                  {entry.name}
                </Button>
              ) : (
                <span>{entry.name}</span>
              )}
            </span>
          ),
        },
        { title: t('Size'), width: '8rem', cell: (entry) => (entry.kind === 'directory' ? '' : bytes(entry.size)) },
        { title: t('Changed'), width: '11.5rem', cell: (entry) => <Time at={entry.modified} /> },
        {
          title: t('Mode'),
          width: '6rem',
          cell: (entry) => <code>{(entry.mode & 0o7777).toString(8).padStart(4, '0')}</code>,
        },
      ]}
    />
  );
}

function Search({ node, name, show }: { node: string; name: string; show: (version: Version) => void }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: ['search', node, name],
    initialPageParam: '',
    staleTime: 60_000,
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/search', {
        params: { query: { node, name, limit: '200', ...(pageParam ? { after: pageParam } : {}) } },
      });
      return data ?? { versions: [], next: '' };
    },
    getNextPageParam: (last) => last.next || undefined,
  });
  if (query.isPending) {
    return <Waiting />;
  }
  if (query.isError) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  const seen = new Set<string>();
  const rows = query.data.pages
    .flatMap((page) => page.versions)
    .filter((each) => {
      const key = `${each.entry.path} ${each.entry.kind} ${each.entry.size} ${each.entry.modified}`;
      return seen.has(key) ? false : seen.add(key);
    });
  return (
    <div className="hf-stack">
      {rows.length === 0 ? (
        <Nothing title={t('Nothing is called like that')} />
      ) : (
        <VirtualTable
          label={t('Versions found')}
          height="50vh"
          rows={rows}
          rowKey={(each) => `${each.snapshot} ${each.entry.path}`}
          more={false}
          loadMore={() => {}}
          loading={query.isFetchingNextPage}
          columns={[
            {
              title: t('Name'),
              cell: (each) => (
                <span className="hf-name">
                  <Kind entry={each.entry} />
                  <Button variant="link" isInline onClick={() => show(each)}>
                    {each.entry.path}
                  </Button>
                </span>
              ),
            },
            { title: t('Size'), width: '6rem', cell: (each) => bytes(each.entry.size) },
            { title: t('Changed'), width: '11.5rem', cell: (each) => <Time at={each.entry.modified} /> },
            { title: t('Newest snapshot with it'), width: '11.5rem', cell: (each) => <Time at={each.taken} /> },
          ]}
        />
      )}
      {query.hasNextPage ? (
        <div>
          <Button variant="secondary" isLoading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('Look in older snapshots')}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function RestoreDialog({
  snapshot,
  node,
  paths,
  close,
}: {
  snapshot: string;
  node: string;
  paths: string[];
  close: () => void;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { act } = useActs();
  const nodes = api.useQuery('get', '/nodes');
  const [to, setTo] = useState(node);
  const [target, setTarget] = useState('');
  const [overwrite, setOverwrite] = useState('if-changed');
  const plan = useQuery({
    queryKey: ['restore-plan', snapshot, paths],
    queryFn: async () =>
      (await client.POST('/snapshots/{id}/restore-plan', { params: { path: { id: snapshot } }, body: { paths } })).data,
    retry: false,
  });
  const away = nodes.data?.nodes.find((each) => each.name === to)?.connected === false;
  const order = () =>
    act(async () => {
      const { data } = await client.POST('/snapshots/{id}/restore', {
        params: { path: { id: snapshot } },
        body: { paths, target, overwrite, node: to },
        headers: once(),
      });
      close();
      if (data) {
        void navigate(`/tasks/${data.task}`);
      }
    }, t('The restore was ordered'));
  return (
    <Modal isOpen variant="medium" onClose={close} aria-labelledby="restore-title">
      <ModalHeader
        labelId="restore-title"
        title={t('Restore')}
        description={paths.length === 0 ? t('The whole snapshot') : paths.slice(0, 5).join(', ')}
      />
      <ModalBody className="hf-stack">
        <section aria-label={t('What it would take')} aria-live="polite">
          {plan.isPending ? <Waiting lines={2} /> : null}
          {plan.isError ? <Failure error={plan.error} /> : null}
          {plan.data ? (
            <DescriptionList isHorizontal isCompact>
              {(
                [
                  [
                    t('Files'),
                    `${count(plan.data.files)}, ${bytes(plan.data.bytes)}${plan.data.complete ? '' : ` ${t('at least')}`}`,
                  ],
                  [t('From the appliance'), bytes(plan.data.localBytes)],
                  [t('From the cloud'), bytes(plan.data.cloudBytes)],
                  [
                    t('To be thawed first'),
                    plan.data.frozenBytes > 0 ? `${bytes(plan.data.frozenBytes)}, ${plan.data.thaw}` : t('nothing'),
                  ],
                  [t('Takes about'), duration(plan.data.seconds)],
                ] as const
              ).map(([term, value]) => (
                <DescriptionListGroup key={term}>
                  <DescriptionListTerm>{term}</DescriptionListTerm>
                  <DescriptionListDescription>{value}</DescriptionListDescription>
                </DescriptionListGroup>
              ))}
            </DescriptionList>
          ) : null}
          {plan.data && plan.data.lostChunks > 0 ? (
            <Alert
              isInline
              variant="danger"
              component="h3"
              title={t('{{count}} chunks are damaged or lost', { count: plan.data.lostChunks })}
            />
          ) : null}
        </section>
        <Form id="restore" onSubmit={(event) => event.preventDefault()}>
          <FormGroup label={t('To the node')} fieldId="to">
            <FormSelect id="to" value={to} onChange={(_, value) => setTo(value)}>
              {(nodes.data?.nodes ?? [])
                .filter((each) => each.active)
                .map((each) => (
                  <FormSelectOption
                    key={each.name}
                    value={each.name}
                    label={each.name === node ? t('{{node}} (its own)', { node: each.name }) : each.name}
                  />
                ))}
            </FormSelect>
          </FormGroup>
          <FormGroup label={t('Into the directory')} isRequired fieldId="target">
            <TextInput
              id="target"
              placeholder="/restore"
              value={target}
              onChange={(_, value) => setTarget(value)}
              aria-describedby="target-help"
            />
            <p id="target-help" className="hf-subtle">
              {t('The client writes only below the directories that its service was started with: --restore-below.')}
            </p>
          </FormGroup>
          <FormGroup label={t('Files that are there')} fieldId="overwrite">
            <FormSelect id="overwrite" value={overwrite} onChange={(_, value) => setOverwrite(value)}>
              <FormSelectOption value="if-changed" label={t('are replaced where they differ')} />
              <FormSelectOption value="quick" label={t('are replaced where size or time differ')} />
              <FormSelectOption value="if-newer" label={t('are replaced where the snapshot’s are newer')} />
              <FormSelectOption value="always" label={t('are replaced')} />
              <FormSelectOption value="never" label={t('stay')} />
            </FormSelect>
          </FormGroup>
        </Form>
        {away ? (
          <Alert
            isInline
            variant="warning"
            component="h3"
            title={t('The node is away: it begins when its service connects.')}
          />
        ) : null}
      </ModalBody>
      <ModalFooter>
        <Button isDisabled={!target.startsWith('/')} onClick={() => void order()}>
          {t('Restore now')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('Cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

export default function Restore() {
  const { t } = useTranslation();
  const may = useMay();
  const [search, setSearch] = useSearchParams();
  const [typed, setTyped] = useState(search.get('name') ?? '');
  const [chosen, setChosen] = useState<Choice>(new Map());
  const [restoring, setRestoring] = useState(false);
  const nodes = api.useQuery('get', '/nodes');
  const node = search.get('node') ?? nodes.data?.nodes.find((each) => each.snapshots > 0)?.name ?? '';
  const snapshots = useSnapshots(node);
  const all = snapshots.data?.pages.flatMap((page) => page.snapshots) ?? [];
  const snapshot = search.get('snapshot') ?? all[0]?.id ?? '';
  const path = search.get('path') ?? '/';
  const name = search.get('name') ?? '';
  const set = (values: Record<string, string>) => {
    const next = new URLSearchParams(search);
    for (const [key, value] of Object.entries(values)) {
      if (value) {
        next.set(key, value);
      } else {
        next.delete(key);
      }
    }
    setSearch(next);
  };
  const choose = (entry: Entry, yes: boolean) => {
    const next = new Map(chosen);
    if (yes) {
      next.set(entry.path, entry);
    } else {
      next.delete(entry.path);
    }
    setChosen(next);
  };
  const download = (format: string) => {
    const query = new URLSearchParams({ format });
    for (const each of chosen.keys()) {
      query.append('path', each);
    }
    return `/api/v1/snapshots/${snapshot}/archive?${query}`;
  };
  const files = [...chosen.values()].filter((entry) => entry.kind !== 'directory');
  return (
    <Page
      title={t('Restore')}
      intro={t('Pick a node and a point in time, and browse; or look for a name in all snapshots of the node.')}
    >
      <div className="hf-stack">
        <Card>
          <CardBody>
            <div className="hf-inline">
              <div className="hf-select">
                <FormSelect
                  aria-label={t('Node')}
                  value={node}
                  onChange={(_, value) => {
                    setChosen(new Map());
                    set({ node: value, snapshot: '', path: '', name: '' });
                  }}
                >
                  <FormSelectOption value="" label={t('Choose a node')} isPlaceholder />
                  {(nodes.data?.nodes ?? []).map((each) => (
                    <FormSelectOption key={each.name} value={each.name} label={each.name} />
                  ))}
                </FormSelect>
              </div>
              <div className="hf-select">
                <FormSelect
                  aria-label={t('Point in time')}
                  value={snapshot}
                  onChange={(_, value) => {
                    setChosen(new Map());
                    set({ snapshot: value, name: '' });
                  }}
                >
                  {all.map((each) => (
                    <FormSelectOption
                      key={each.id}
                      value={each.id}
                      label={`${time(each.taken)} · ${bytes(each.bytes)}`}
                    />
                  ))}
                </FormSelect>
              </div>
              {snapshots.hasNextPage ? (
                <Button variant="link" onClick={() => void snapshots.fetchNextPage()}>
                  {t('Older')}
                </Button>
              ) : null}
              <SearchInput
                aria-label={t('Search names in all snapshots')}
                placeholder={t('Search names in all snapshots')}
                value={typed}
                onChange={(_, value) => setTyped(value)}
                onSearch={() => set({ name: typed })}
                onClear={() => {
                  setTyped('');
                  set({ name: '' });
                }}
                style={{ width: '20rem' }}
              />
            </div>
          </CardBody>
        </Card>
        {nodes.data && !node ? <Nothing title={t('No node has a snapshot yet')} /> : null}
        {name && node ? (
          <Card>
            <CardTitle component="h2">{t('Versions of “{{name}}”', { name })}</CardTitle>
            <CardBody>
              <Search
                node={node}
                name={name}
                show={(version) => {
                  const parent = version.entry.path.slice(0, version.entry.path.lastIndexOf('/')) || '/';
                  setChosen(new Map([[version.entry.path, version.entry]]));
                  setTyped('');
                  set({ snapshot: version.snapshot, path: parent, name: '' });
                }}
              />
            </CardBody>
          </Card>
        ) : snapshot ? (
          <Card>
            <CardBody className="hf-stack">
              <Breadcrumb aria-label={t('Folder')}>
                <BreadcrumbItem>
                  <Button variant="link" isInline onClick={() => set({ path: '/' })}>
                    {node}
                  </Button>
                </BreadcrumbItem>
                {steps(path).map((step) => (
                  <BreadcrumbItem key={step.path}>
                    <Button variant="link" isInline onClick={() => set({ path: step.path })}>
                      {step.name}
                    </Button>
                  </BreadcrumbItem>
                ))}
              </Breadcrumb>
              <div className="hf-inline" role="status">
                {chosen.size === 0 ? (
                  <span className="hf-subtle">{t('Tick what you want back.')}</span>
                ) : (
                  <Label isCompact onClose={() => setChosen(new Map())} closeBtnAriaLabel={t('Choose nothing')}>
                    {t('{{count}} chosen', { count: chosen.size })}
                    {files.length === chosen.size
                      ? `, ${bytes(files.reduce((sum, entry) => sum + entry.size, 0))}`
                      : ''}
                  </Label>
                )}
                {may('RESTORE') ? (
                  <>
                    <Button isDisabled={chosen.size === 0} onClick={() => setRestoring(true)}>
                      {t('Restore to a node')}
                    </Button>
                    {chosen.size > 0 && download('zip').length > MOST_ADDRESS ? (
                      <span>{t('Too many to download at once: choose their folder.')}</span>
                    ) : chosen.size > 0 ? (
                      <>
                        <a className="pf-v6-c-button pf-m-secondary" href={download('zip')} download>
                          {t('Download zip')}
                        </a>
                        <a className="pf-v6-c-button pf-m-secondary" href={download('tar')} download>
                          {t('Download tar')}
                        </a>
                      </>
                    ) : null}
                  </>
                ) : null}
              </div>
              <Files snapshot={snapshot} path={path} go={(to) => set({ path: to })} chosen={chosen} choose={choose} />
            </CardBody>
          </Card>
        ) : null}
      </div>
      {restoring ? (
        <RestoreDialog snapshot={snapshot} node={node} paths={[...chosen.keys()]} close={() => setRestoring(false)} />
      ) : null}
    </Page>
  );
}
