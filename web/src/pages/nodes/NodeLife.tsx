import { Label } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { client } from '../../api/client';
import type { Node } from '../../api/types';
import { FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { SelectField, TextField } from '../../components/fields';
import { useMay } from '../../components/session';

/** The release of a node's client, flagged if it does not fit the appliance. */
export function ClientRelease({ node }: { node: Node }) {
  const { t } = useTranslation();
  if (!node.clientVersion) {
    return '—';
  }
  return (
    <span className="hf-inline">
      {node.clientVersion}
      {node.clientState === 'newer' ? (
        <Label isCompact status="warning">
          {t('Newer than the appliance')}
        </Label>
      ) : null}
      {node.clientState === 'old' ? (
        <Label isCompact status="warning">
          {t('Upgrade required')}
        </Label>
      ) : null}
    </span>
  );
}

export function RenameDialog({ name, close }: { name: string; close: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const editor = useEditor({
    initial: { to: name },
    validate: ({ to }) => ({ to: to.trim() === '' ? t('Enter a name.') : undefined }),
    save: ({ to }) => client.POST('/nodes/{name}/rename', { params: { path: { name } }, body: { name: to.trim() } }),
    saved: t('The node was renamed'),
    onSaved: () => {
      close();
      void navigate(`/nodes/${encodeURIComponent(editor.draft.to.trim())}`, { replace: true });
    },
  });
  return (
    <FormDialog
      title={t('Rename node {{node}}', { node: name })}
      help="rename"
      description={t('The client receives the new name when it connects. Past audit entries keep the old name.')}
      editor={editor}
      submit={t('Rename')}
      close={close}
    >
      <TextField {...editor.field('to')} label={t('New name')} isRequired />
    </FormDialog>
  );
}

/** Ends a node. Its name is typed for confirmation. */
export function RemoveDialog({ node, close }: { node: Node; close: () => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const retired = node.retiredAt !== null;
  const editor = useEditor({
    initial: { snapshots: retired ? 'forget' : 'keep', typed: '' },
    validate: ({ typed }) => ({ typed: typed === node.name ? undefined : t('Type the name of the node.') }),
    save: ({ snapshots }) =>
      client.POST('/nodes/{name}/remove', { params: { path: { name: node.name } }, body: { snapshots } }),
    saved: t('The node was removed or retired'),
    onSaved: () => {
      close();
      void navigate('/nodes');
    },
  });
  return (
    <FormDialog
      variant="medium"
      isWarning
      isDanger
      title={t('Remove node {{node}}?', { node: node.name })}
      help="gone"
      description={t('The node loses access immediately, and its plans no longer apply to it.')}
      editor={editor}
      submit={t('Remove')}
      close={close}
    >
      <SelectField
        {...editor.field('snapshots')}
        label={t('Snapshots')}
        options={[
          ...(retired
            ? []
            : [['keep', t('Keep: the node is retired, and restores to other nodes remain possible')] as const]),
          ...(may('DESTROY') ? [['forget', t('Delete all snapshots of the node')] as const] : []),
        ]}
        help={t('Refused if a snapshot is held or locked. Copies in vaults follow the rules of the vaults.')}
      />
      <TextField {...editor.field('typed')} label={t('Name of the node')} isRequired />
    </FormDialog>
  );
}
