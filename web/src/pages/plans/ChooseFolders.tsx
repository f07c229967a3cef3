import { Button } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client';
import { FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { Pick } from '../../components/fields';
import { FoldersField } from '../../components/folders';
import { useMay } from '../../components/session';

function FoldersDialog({
  nodes,
  paths,
  select,
  close,
}: {
  nodes: string[];
  paths: string[];
  select: (paths: string[]) => void;
  close: () => void;
}) {
  const { t } = useTranslation();
  const [node, setNode] = useState(nodes[0] ?? '');
  const editor = useEditor({
    initial: { paths },
    save: async (draft) => select(draft.paths),
    saved: '',
    onSaved: close,
  });
  return (
    <FormDialog
      title={t('Choose folders')}
      help="plan"
      description={t('The plan backs up these paths on each of its nodes.')}
      variant="medium"
      editor={editor}
      submit={t('Select')}
      close={close}
    >
      <Pick label={t('Node')} value={node} onChange={setNode} options={nodes.map((each) => [each, each])} />
      <FoldersField key={node} {...editor.field('paths')} node={node} label={t('Folders on {{node}}', { node })} />
    </FormDialog>
  );
}

/** Opens a dialog that selects folders of a connected node, those of the plan first. */
export function ChooseFolders({
  bound,
  value,
  onChange,
  isDisabled,
}: {
  bound: string[];
  value: string[];
  onChange: (paths: string[]) => void;
  isDisabled?: boolean;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const [open, setOpen] = useState(false);
  const { data } = api.useQuery('get', '/nodes');
  const connected = (data?.nodes ?? []).filter((node) => node.connected && node.active).map((node) => node.name);
  const nodes = [
    ...connected.filter((node) => bound.includes(node)),
    ...connected.filter((node) => !bound.includes(node)),
  ];
  if (!may('BROWSE') || isDisabled) {
    return null;
  }
  return (
    <div>
      <Button variant="secondary" isDisabled={nodes.length === 0} onClick={() => setOpen(true)}>
        {t('Choose folders…')}
      </Button>
      {open ? <FoldersDialog nodes={nodes} paths={value} select={onChange} close={() => setOpen(false)} /> : null}
    </div>
  );
}
