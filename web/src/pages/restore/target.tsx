import { Alert } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client';
import type { Editor } from '../../components/editor';
import { SelectField, TextField } from '../../components/fields';

/** Where a restore goes: one of the directories that the node allows, and a path in it. */
export type Target = { below: string; target: string };

/** The directories below which a node restores; null if it does not tell, undefined while that is not known here. */
export function useAllowed(node: string): string[] | null | undefined {
  const { data } = api.useQuery('get', '/nodes/{name}', { params: { path: { name: node } } }, { enabled: node !== '' });
  return data?.restoreBelow;
}

const inside = (path: string, directory: string) =>
  path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);

/** The absolute path of a target. */
export function place({ below, target }: Target, allowed: string[] | null | undefined): string {
  const first = allowed?.[0];
  if (first === undefined || target.startsWith('/')) {
    return target;
  }
  const directory = allowed?.includes(below) ? below : first;
  return target === '' ? directory : `${directory.replace(/\/$/, '')}/${target}`;
}

/** What is wrong with a target. */
export function useTargetErrors(allowed: string[] | null | undefined): (target: Target) => { target?: string } {
  const { t } = useTranslation();
  return (target) => {
    const path = place(target, allowed);
    if (!path.startsWith('/')) {
      return { target: t('Enter an absolute path, for example /restore.') };
    }
    if (/\/\.\.?(\/|$)/.test(path)) {
      return { target: t('Enter a path without “.” and “..”.') };
    }
    if (allowed && !allowed.some((each) => inside(path, each))) {
      return { target: t('The node does not allow restores to this directory.') };
    }
    return {};
  };
}

/** The fields of a target. They offer what the node allows, if it tells. */
export function TargetFields<D extends Target>({
  editor,
  allowed,
}: {
  editor: Editor<D>;
  allowed: string[] | null | undefined;
}) {
  const { t } = useTranslation();
  if (allowed?.length === 0) {
    return <Alert isInline variant="danger" component="h3" title={t('The node allows no restores by order.')} />;
  }
  if (!allowed) {
    return (
      <TextField
        {...editor.field('target')}
        label={t('Target directory')}
        isRequired
        placeholder="/restore"
        help={
          allowed === null
            ? t('Checked only by the client when the restore begins: it does not tell which directories it allows.')
            : undefined
        }
      />
    );
  }
  const below = editor.field('below');
  return (
    <>
      <SelectField
        {...below}
        value={allowed.includes(below.value) ? below.value : (allowed[0] ?? '')}
        label={t('Allowed directory')}
        options={allowed.map((each) => [each, each] as const)}
      />
      <TextField
        {...editor.field('target')}
        label={t('Subdirectory')}
        help={t('The files are restored to {{path}}.', { path: place(editor.draft, allowed) })}
      />
    </>
  );
}
