import { Breadcrumb, BreadcrumbItem, Button, Checkbox, Label, LabelGroup } from '@patternfly/react-core';
import { FolderIcon } from '@patternfly/react-icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../api/client';
import { including, isWithin, steps, withFolder } from '../lib/folders';
import { Failure, Waiting } from './basics';
import { Field, type FieldProps } from './fields';

type Folder = { name: string; path: string; mounted: boolean };

/** The folders that a connected node has now in a directory. */
function useFolders(node: string, path: string) {
  return useInfiniteQuery({
    queryKey: ['folders', node, path],
    queryFn: async ({ pageParam: after }) => {
      const { data } = await client.GET('/nodes/{name}/folders', {
        params: { path: { name: node }, query: { path, after } },
      });
      return data;
    },
    initialPageParam: '',
    getNextPageParam: (page) => page?.next || undefined,
    retry: false,
    staleTime: 15_000,
  });
}

/** The way to a folder; each name opens the folder of that name. */
function Way({ path, top, open }: { path: string; top: string; open: (path: string) => void }) {
  const { t } = useTranslation();
  const below = steps(path).slice(steps(top).length);
  return (
    <Breadcrumb aria-label={t('Path')}>
      {[{ name: top, path: top }, ...below].map(({ name, path: to }) => (
        <BreadcrumbItem key={to} isActive={to === path}>
          {to === path ? (
            name
          ) : (
            <Button variant="link" isInline onClick={() => open(to)}>
              {name}
            </Button>
          )}
        </BreadcrumbItem>
      ))}
    </Breadcrumb>
  );
}

/** A directory of a node with its folders. `before` is placed in front of each folder. */
function Browser({
  node,
  path,
  top,
  open,
  before,
}: {
  node: string;
  path: string;
  top: string;
  open: (path: string) => void;
  before?: (folder: Folder) => ReactNode;
}) {
  const { t } = useTranslation();
  const query = useFolders(node, path);
  const pages = query.data?.pages ?? [];
  const folders = pages.flatMap((page) => page?.folders ?? []);
  const unnamed = pages.reduce((sum, page) => sum + (page?.unnamed ?? 0), 0);
  return (
    <div className="hf-folders">
      <Way path={path} top={top} open={open} />
      {query.isPending ? <Waiting lines={3} /> : null}
      {query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : null}
      {query.isSuccess && folders.length === 0 ? <p className="hf-subtle">{t('No folders here.')}</p> : null}
      <ul aria-label={t('Folders in {{path}}', { path })}>
        {folders.map((folder) => (
          <li key={folder.path}>
            {before?.(folder)}
            <Button variant="link" isInline icon={<FolderIcon />} onClick={() => open(folder.path)}>
              {folder.name}
            </Button>
            {folder.mounted ? <span className="hf-subtle">{t('Other file system')}</span> : null}
          </li>
        ))}
      </ul>
      {query.hasNextPage ? (
        <Button variant="link" isInline isLoading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('Show more')}
        </Button>
      ) : null}
      {unnamed > 0 ? (
        <p className="hf-subtle">{t('{{count}} folders have names that are not valid UTF-8', { count: unnamed })}</p>
      ) : null}
    </div>
  );
}

/**
 * Selects one folder of a connected node: the one that is open is the value.
 *
 * `within`: the directories that may be selected from, if only some may.
 */
export function FolderPicker({
  node,
  value,
  onChange,
  within = ['/'],
}: {
  node: string;
  value: string;
  onChange: (path: string) => void;
  within?: string[];
}) {
  const { t } = useTranslation();
  const top = including(within, value) ?? within[0] ?? '/';
  const path = isWithin(value, top) ? value : top;
  return (
    <>
      {within.length > 1 ? (
        <LabelGroup categoryName={t('Allowed directories')} numLabels={10}>
          {within.map((each) => (
            <Label key={each} variant={each === top ? 'filled' : 'outline'} onClick={() => onChange(each)}>
              {each}
            </Label>
          ))}
        </LabelGroup>
      ) : null}
      <Browser node={node} path={path} top={top} open={onChange} />
    </>
  );
}

/** Selects any number of folders of a connected node by checkboxes. */
export function FoldersField({
  node,
  label,
  value,
  onChange,
  error,
}: FieldProps<string[]> & { node: string; label: string }) {
  const { t } = useTranslation();
  const id = useId();
  const [path, setPath] = useState('/');
  const check = (folder: Folder) => {
    const above = including(value, folder.path);
    const included = above !== undefined && above !== folder.path;
    return (
      <Checkbox
        id={`${id}-${folder.path}`}
        aria-label={t('Back up {{path}}', { path: folder.path })}
        isChecked={above !== undefined}
        isDisabled={included}
        onChange={(_, checked) =>
          onChange(checked ? withFolder(value, folder.path) : value.filter((each) => each !== folder.path))
        }
      />
    );
  };
  return (
    <Field id={id} label={label} error={error} isGroup>
      {value.length > 0 ? (
        <LabelGroup categoryName={t('Selected')} numLabels={20}>
          {value.map((each) => (
            <Label key={each} onClose={() => onChange(value.filter((other) => other !== each))}>
              {each}
            </Label>
          ))}
        </LabelGroup>
      ) : null}
      <Browser node={node} path={path} top="/" open={setPath} before={check} />
    </Field>
  );
}
