import { Button, Checkbox, Label } from '@patternfly/react-core';
import { FileIcon, FolderIcon, LinkIcon } from '@patternfly/react-icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import type { Entry } from '../../api/types';
import { Nothing } from '../../components/basics';
import { PagedTable } from '../../components/PagedTable';
import { Time } from '../../components/Time';
import { bytes } from '../../lib/format';
import type { Choice } from '../../lib/selections';

export function Kind({ entry }: { entry: Entry }) {
  return entry.kind === 'directory' ? <FolderIcon /> : entry.kind === 'symlink' ? <LinkIcon /> : <FileIcon />;
}

/** The files of one folder of a snapshot. */
export function Files({
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
  return (
    <PagedTable
      query={query}
      label={t('Files')}
      height="50vh"
      rows={query.data?.pages.flatMap((page) => page.entries) ?? []}
      rowKey={(entry) => entry.path}
      empty={<Nothing title={t('This folder is empty')} icon={FolderIcon} />}
      columns={[
        {
          title: t('Select'),
          hiddenTitle: true,
          width: '3rem',
          cell: (entry) => (
            <Checkbox
              id={`choose ${entry.path}`}
              aria-label={t('Select {{name}}', { name: entry.name })}
              isChecked={chosen.has(entry.path)}
              onChange={(_, checked) => choose(entry, checked)}
            />
          ),
        },
        {
          title: t('Name'),
          rest: 'cut',
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
              {entry.damaged ? (
                <Label isCompact status="danger">
                  {t('Damaged')}
                </Label>
              ) : null}
            </span>
          ),
        },
        { title: t('Size'), width: '6rem', cell: (entry) => (entry.kind === 'directory' ? '' : bytes(entry.size)) },
        { title: t('Modified'), width: '9rem', cell: (entry) => <Time exact at={entry.modified} /> },
        {
          title: t('Mode'),
          width: '6rem',
          cell: (entry) => <code>{(entry.mode & 0o7777).toString(8).padStart(4, '0')}</code>,
        },
      ]}
    />
  );
}
