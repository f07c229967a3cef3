import { Alert, ExpandableSection } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client';
import type { Editor } from '../../components/editor';
import { SelectField, TextField } from '../../components/fields';
import { FolderPicker } from '../../components/folders';
import { msg } from '../../i18n';
import { type Allowed, place, type Refusal, refusal, type Target } from '../../lib/targets';

/** The directories below which a node restores; null if it does not tell, undefined while that is not known here. */
export function useAllowed(node: string): Allowed {
  const { data } = api.useQuery('get', '/nodes/{name}', { params: { path: { name: node } } }, { enabled: node !== '' });
  return data?.restoreBelow;
}

const REFUSALS: Record<Refusal, string> = {
  relative: msg('Enter an absolute path, for example /restore.'),
  dots: msg('Enter a path without “.” and “..”.'),
  elsewhere: msg('The node does not allow restores to this directory.'),
};

/** What is wrong with a target. */
export function useTargetErrors(allowed: Allowed): (target: Target) => { target?: string } {
  const { t } = useTranslation();
  return (target) => {
    const refused = refusal(target, allowed);
    return refused ? { target: t(REFUSALS[refused]) } : {};
  };
}

/** The fields of a target. They offer what the node allows, if it tells. */
export function TargetFields<D extends Target>({
  editor,
  allowed,
  node,
  connected,
}: {
  editor: Editor<D>;
  allowed: Allowed;
  node: string;
  connected: boolean;
}) {
  const { t } = useTranslation();
  const [browsing, setBrowsing] = useState(false);
  if (allowed?.length === 0) {
    return (
      <Alert
        isInline
        variant="danger"
        component="h3"
        title={t('The node does not allow restores from the appliance.')}
      />
    );
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
            ? t('The client does not report its allowed directories. It checks the target when the restore starts.')
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
        help={t('A directory that does not exist is created.')}
      />
      {connected ? (
        <ExpandableSection
          toggleText={t('Browse the folders of {{node}}', { node })}
          isExpanded={browsing}
          onToggle={(_, expanded) => setBrowsing(expanded)}
        >
          {browsing ? (
            <FolderPicker
              node={node}
              within={allowed}
              value={place(editor.draft, allowed)}
              onChange={(path) => editor.set({ target: path } as Partial<D>)}
            />
          ) : null}
        </ExpandableSection>
      ) : null}
    </>
  );
}
