import { Button, Label } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { contentAddress, useVersions } from '../../api/restore';
import type { Entry, FileVersion } from '../../api/types';
import { Failure, Nothing, Waiting } from '../../components/basics';
import { Dialog } from '../../components/dialogs';
import { SmallTable } from '../../components/SmallTable';
import { useMay } from '../../components/session';
import { Time } from '../../components/Time';
import { bytes } from '../../lib/format';
import { joined, type Numbered, numbered } from '../../lib/versions';
import { PreviewPane } from './PreviewPane';

type Take = (version: { entry: Entry; snapshot: string; taken: string }) => void;

function Times({ version }: { version: FileVersion }) {
  const { t } = useTranslation();
  return version.snapshots === 1 ? (
    <Time exact at={version.taken} />
  ) : (
    <span>
      <Time exact at={version.since} /> – <Time exact at={version.taken} />
      {', '}
      {t('{{count}} snapshots', { count: version.snapshots })}
    </span>
  );
}

function Actions({
  version,
  shown,
  show,
  take,
}: {
  version: FileVersion;
  shown: boolean;
  show: () => void;
  take: Take;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const { entry, snapshot, taken } = version;
  if (!entry || !may('RESTORE')) {
    return null;
  }
  return (
    <span className="hf-inline">
      <Button variant="link" isInline aria-pressed={shown} isDisabled={shown} onClick={show}>
        {t('Preview')}
      </Button>
      <Button variant="link" isInline onClick={() => take({ entry, snapshot, taken })}>
        {t('Select this version')}
      </Button>
      {version.damaged ? null : (
        <a href={contentAddress(snapshot, entry.path)} download={entry.name}>
          {t('Download')}
        </a>
      )}
    </span>
  );
}

function Content({ of: { version, same, shared } }: { of: Numbered }) {
  const { t } = useTranslation();
  return (
    <span className="hf-inline">
      {!version.entry ? (
        t('Not present')
      ) : version.content === '' ? (
        t('Unknown')
      ) : (
        <Label isCompact variant={shared ? 'filled' : 'outline'}>
          {t('Content {{number}}', { number: same })}
        </Label>
      )}
      {version.damaged ? (
        <Label isCompact status="danger">
          {t('Damaged')}
        </Label>
      ) : null}
    </span>
  );
}

/** All versions of a file, the newest first: those with the same content have the same number. */
function Versions({
  node,
  path,
  shown,
  show,
  take,
}: {
  node: string;
  path: string;
  shown: string;
  show: (snapshot: string) => void;
  take: Take;
}) {
  const { t } = useTranslation();
  const query = useVersions(node, path);
  if (query.isError) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  if (query.isPending) {
    return <Waiting lines={3} />;
  }
  const { pages } = query.data;
  const rows = numbered(joined(pages.map((page) => page.versions)));
  const looked = pages.reduce((sum, page) => sum + page.looked, 0);
  const unreadable = pages.reduce((sum, page) => sum + page.unreadable, 0);
  return (
    <>
      {rows.length === 0 ? (
        <Nothing title={t('No searched snapshot contains this file')} />
      ) : (
        <SmallTable
          label={t('Versions')}
          rows={rows}
          rowKey={(row) => row.version.snapshot}
          columns={[
            { title: t('Modified'), cell: ({ version }) => <Time exact at={version.entry?.modified} none="—" /> },
            { title: t('Size'), cell: ({ version }) => (version.entry ? bytes(version.entry.size) : '—') },
            { title: t('Content'), cell: (row) => <Content of={row} /> },
            { title: t('In snapshots'), rest: 'wrap', cell: ({ version }) => <Times version={version} /> },
            {
              title: t('Actions'),
              hiddenTitle: true,
              width: '17rem',
              cell: ({ version }) => (
                <Actions
                  version={version}
                  shown={version.snapshot === shown}
                  show={() => show(version.snapshot)}
                  take={take}
                />
              ),
            },
          ]}
        />
      )}
      <div className="hf-inline">
        <span className="hf-subtle" role="status">
          {t('{{count}} snapshots searched', { count: looked })}
          {unreadable > 0 ? ` · ${t('{{count}} of them unreadable', { count: unreadable })}` : ''}
        </span>
        {query.hasNextPage ? (
          <Button variant="secondary" isLoading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('Search older snapshots')}
          </Button>
        ) : null}
      </div>
    </>
  );
}

/** A look into a file, and its versions beside each other. */
export function FileDialog({
  node,
  snapshot,
  entry,
  take,
  close,
}: {
  node: string;
  snapshot: string;
  entry: Entry;
  take: Take;
  close: () => void;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const [shown, setShown] = useState(snapshot);
  return (
    <Dialog variant="large" title={entry.name} description={entry.path} close={close} closeLabel={t('Close')}>
      <h3>{t('Versions')}</h3>
      <Versions node={node} path={entry.path} shown={shown} show={setShown} take={take} />
      {may('RESTORE') ? (
        <>
          <h3>{t('Preview')}</h3>
          <PreviewPane key={shown} snapshot={shown} path={entry.path} />
        </>
      ) : null}
    </Dialog>
  );
}
