import { Button, Checkbox, Label } from '@patternfly/react-core';
import { FileIcon, FolderIcon, HistoryIcon, LinkIcon } from '@patternfly/react-icons';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Problem } from '../../api/client';
import type { useFiles } from '../../api/restore';
import type { Entry } from '../../api/types';
import { Nothing } from '../../components/basics';
import { PagedTable } from '../../components/PagedTable';
import type { Rows } from '../../components/SmallTable';
import { Time } from '../../components/Time';
import { around, type Basket } from '../../lib/baskets';
import { bytes, time } from '../../lib/format';

export function Kind({ entry }: { entry: Entry }) {
  return entry.kind === 'directory' ? <FolderIcon /> : entry.kind === 'symlink' ? <LinkIcon /> : <FileIcon />;
}

export const isFile = (entry: Entry) => entry.kind === 'file' || entry.kind === 'hardlink';

export type Acts = {
  snapshot: string;
  basket: Basket;
  choose: (entries: Entry[], yes: boolean) => void;
  open: (path: string) => void;
  look: (entry: Entry) => void;
};

/** Selects an entry. Space and Enter change it. */
function Choice({ entry, snapshot, basket, choose }: Acts & { entry: Entry }) {
  const { t } = useTranslation();
  const folder = around(basket, entry.path);
  const item = basket.find((each) => each.entry.path === entry.path);
  const chosen = item?.snapshot === snapshot;
  const why = folder
    ? t('{{folder}} is selected as it was at {{time}}', { folder: folder.entry.path, time: time(folder.taken) })
    : item && !chosen
      ? t('Selected as it was at {{time}}', { time: time(item.taken) })
      : undefined;
  const change = (yes: boolean) => choose([entry], yes);
  return (
    <Checkbox
      id={`choose ${entry.path}`}
      aria-label={t('Select {{name}}', { name: entry.name })}
      title={why}
      isDisabled={folder !== undefined}
      isChecked={folder || chosen ? true : item ? null : false}
      onChange={() => change(!chosen)}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key === 'Enter') {
          event.preventDefault();
          change(!chosen);
        }
      }}
    />
  );
}

export function useFileColumns(acts: Acts): Rows<Entry>['columns'] {
  const { t } = useTranslation();
  return [
    {
      title: t('Select'),
      hiddenTitle: true,
      width: '3rem',
      cell: (entry) => <Choice {...acts} entry={entry} />,
    },
    {
      title: t('Name'),
      rest: 'cut',
      cell: (entry) => (
        <span className="hf-name">
          <Kind entry={entry} />
          {entry.kind === 'directory' ? (
            <Button variant="link" isInline onClick={() => acts.open(entry.path)}>
              {entry.name}
            </Button>
          ) : isFile(entry) ? (
            <Button variant="link" isInline onClick={() => acts.look(entry)}>
              {entry.name}
            </Button>
          ) : (
            <span>{entry.name}</span>
          )}
          {entry.damaged ? (
            <Label isCompact status="danger">
              {t('Damaged')}
            </Label>
          ) : null}
        </span>
      ),
    },
    { title: t('Size'), width: '6rem', cell: (entry) => (entry.kind === 'directory' ? '' : bytes(entry.size)) },
    { title: t('Modified'), width: '9rem', cell: (entry) => <Time exact at={entry.modified} none="" /> },
    {
      title: t('Versions'),
      hiddenTitle: true,
      width: '3rem',
      cell: (entry) =>
        isFile(entry) ? (
          <Button
            variant="plain"
            size="sm"
            aria-label={t('Versions of {{name}}', { name: entry.name })}
            title={t('Preview and versions')}
            icon={<HistoryIcon />}
            onClick={() => acts.look(entry)}
          />
        ) : null,
    },
  ];
}

/** Why a folder cannot be shown, with the ways out. */
export function Unreadable({ error, start }: { error: Problem; start: () => void }) {
  const { t } = useTranslation();
  return error.status === 404 ? (
    <Nothing
      title={t('This folder does not exist at this point in time')}
      icon={FolderIcon}
      action={
        <Button variant="link" onClick={start}>
          {t('Show the backed-up folders')}
        </Button>
      }
    />
  ) : (
    <Nothing
      title={t('The names of the files in this folder are lost')}
      icon={FolderIcon}
      action={<Link to="/damage">{t('Show damaged files')}</Link>}
    >
      {error.message}
    </Nothing>
  );
}

/** The entries of a folder of a snapshot. */
export function Files({ query, start, ...acts }: Acts & { query: ReturnType<typeof useFiles>; start: () => void }) {
  const { t } = useTranslation();
  const columns = useFileColumns(acts);
  const { error } = query;
  if (error instanceof Problem && (error.status === 404 || error.type === 'damaged')) {
    return <Unreadable error={error} start={start} />;
  }
  return (
    <PagedTable
      query={query}
      label={t('Files')}
      height="60vh"
      rows={query.data?.pages.flatMap((page) => page.entries) ?? []}
      rowKey={(entry) => entry.path}
      empty={<Nothing title={t('This folder is empty')} icon={FolderIcon} />}
      columns={columns}
    />
  );
}
