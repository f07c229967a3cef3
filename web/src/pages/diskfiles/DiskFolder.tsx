import { Breadcrumb, BreadcrumbItem, Button, Checkbox } from '@patternfly/react-core';
import { FolderIcon } from '@patternfly/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { diskFilesAddress, useDiskFiles } from '../../api/diskfiles';
import type { Entry } from '../../api/types';
import { Nothing } from '../../components/basics';
import { PagedTable } from '../../components/PagedTable';
import { useMay } from '../../components/session';
import { Time } from '../../components/Time';
import { steps } from '../../lib/folders';
import { bytes } from '../../lib/format';
import { Kind } from '../restore/Files';

/** The most that an archive is asked for at once: addresses have a length. */
const MOST_CHOSEN = 50;

type Place = { snapshot: string; fileSystem: string };
type Open = { open: (path: string) => void };

function Trail({ fileSystem, path, open }: { fileSystem: string; path: string } & Open) {
  const { t } = useTranslation();
  return (
    <Breadcrumb aria-label={t('Folder')}>
      {[{ name: fileSystem, path: '/' }, ...steps(path)].map((step) => (
        <BreadcrumbItem key={step.path} isActive={step.path === path}>
          <Button variant="link" isInline onClick={() => open(step.path)}>
            {step.name}
          </Button>
        </BreadcrumbItem>
      ))}
    </Breadcrumb>
  );
}

/** What is selected, and its download: one file as it is, several as an archive. */
function Selected({ snapshot, fileSystem, chosen, clear }: Place & { chosen: Entry[]; clear: () => void }) {
  const { t } = useTranslation();
  const [only] = chosen;
  const single = chosen.length === 1 && only?.kind === 'file' ? only : null;
  const paths = chosen.map((each) => each.path);
  return (
    <div className="hf-inline" role="status">
      <span>
        {chosen.length === 0
          ? t('Select files or folders to download.')
          : t('{{count}} selected', { count: chosen.length })}
      </span>
      {chosen.length > 0 ? (
        <>
          <a
            className="pf-v6-c-button pf-m-primary"
            href={diskFilesAddress(snapshot, fileSystem, paths, single ? 'content' : 'archive')}
            download={single ? single.name : `files-${snapshot.slice(0, 8)}.tar`}
          >
            {single ? t('Download') : t('Download as an archive (tar)')}
          </a>
          <Button variant="link" isInline onClick={clear}>
            {t('Clear selection')}
          </Button>
        </>
      ) : null}
    </div>
  );
}

function Name({ entry, byPath, open }: { entry: Entry; byPath: boolean } & Open) {
  const text = byPath ? entry.path : entry.name;
  return (
    <span className="hf-name">
      <Kind entry={entry} />
      {entry.kind === 'directory' ? (
        <Button variant="link" isInline onClick={() => open(entry.path)}>
          {text}
        </Button>
      ) : (
        <span>{text}</span>
      )}
    </span>
  );
}

/** A folder of a file system on a disk, or what was found below it by name. */
export function DiskFolder({ path, name, open, ...place }: Place & Open & { path: string; name: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const [chosen, setChosen] = useState<Entry[]>([]);
  const query = useDiskFiles(place.snapshot, place.fileSystem, path, name);
  const has = (entry: Entry) => chosen.some((each) => each.path === entry.path);
  const change = (entry: Entry) =>
    setChosen(has(entry) ? chosen.filter((each) => each.path !== entry.path) : [...chosen, entry]);
  return (
    <>
      <Trail fileSystem={place.fileSystem} path={path} open={open} />
      {may('RESTORE') ? <Selected {...place} chosen={chosen} clear={() => setChosen([])} /> : null}
      <PagedTable
        query={query}
        label={t('Files')}
        height="60vh"
        rows={query.data?.pages.flatMap((page) => page.entries) ?? []}
        rowKey={(entry) => entry.path}
        empty={<Nothing title={name ? t('No files match this name') : t('This folder is empty')} icon={FolderIcon} />}
        columns={[
          {
            title: t('Select'),
            hiddenTitle: true,
            width: '3rem',
            cell: (entry) =>
              may('RESTORE') && ['file', 'directory'].includes(entry.kind) ? (
                <Checkbox
                  id={`choose ${entry.path}`}
                  aria-label={t('Select {{name}}', { name: entry.name })}
                  isChecked={has(entry)}
                  isDisabled={!has(entry) && chosen.length >= MOST_CHOSEN}
                  onChange={() => change(entry)}
                />
              ) : null,
          },
          {
            title: t('Name'),
            rest: 'cut',
            cell: (entry) => <Name entry={entry} byPath={name !== ''} open={open} />,
          },
          { title: t('Size'), width: '6rem', cell: (entry) => (entry.kind === 'directory' ? '' : bytes(entry.size)) },
          { title: t('Modified'), width: '9rem', cell: (entry) => <Time exact at={entry.modified} none="" /> },
        ]}
      />
      {query.data?.pages.some((page) => page.more) ? (
        <p className="hf-subtle">{t('There are more. Search a folder further down, or by a longer name.')}</p>
      ) : null}
    </>
  );
}
