import { Button, Label, LabelGroup, TextInput } from '@patternfly/react-core';
import { PlusIcon } from '@patternfly/react-icons';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { client } from '../../api/client';
import type { Node } from '../../api/types';
import { useActions } from '../../components/actions';
import { HelpButton } from '../../components/help';
import { useMay } from '../../components/session';
import { TAG } from '../../lib/tags';

/** The tags of a node, each a link to the nodes that have it. */
export function Tags({ tags }: { tags: string[] }) {
  return tags.length === 0 ? (
    '—'
  ) : (
    <span className="hf-tags">
      {tags.map((tag) => (
        <Link key={tag} to={`/nodes?tag=${encodeURIComponent(tag)}`}>
          <Label isCompact variant="outline">
            {tag}
          </Label>
        </Link>
      ))}
    </span>
  );
}

/** The tags of a node, to be changed by who may. */
export function TagsEditor({ node }: { node: Node }) {
  const { t } = useTranslation();
  const may = useMay();
  const { act } = useActions();
  const [typed, setTyped] = useState('');
  const { name, tags } = node;
  if (!may('NODES')) {
    return <Tags tags={tags} />;
  }
  const change = (body: { add?: string[]; remove?: string[] }) =>
    act(() => client.POST('/nodes/{name}/tags', { params: { path: { name } }, body }), '');
  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (await change({ add: [typed.trim()] })) {
      setTyped('');
    }
  };
  return (
    <div className="hf-stack">
      {tags.length > 0 ? (
        <LabelGroup aria-label={t('Tags')} numLabels={20}>
          {tags.map((tag) => (
            <Label
              key={tag}
              isCompact
              variant="outline"
              closeBtnAriaLabel={t('Remove tag {{tag}}', { tag })}
              onClose={() => void change({ remove: [tag] })}
            >
              <Link to={`/nodes?tag=${encodeURIComponent(tag)}`}>{tag}</Link>
            </Label>
          ))}
        </LabelGroup>
      ) : null}
      <form className="hf-inline" onSubmit={(event) => void add(event)}>
        <TextInput
          className="hf-tag-input"
          aria-label={t('New tag')}
          placeholder={t('New tag')}
          value={typed}
          onChange={(_, text) => setTyped(text)}
          validated={typed === '' || TAG.test(typed.trim()) ? 'default' : 'error'}
        />
        <Button
          type="submit"
          variant="secondary"
          icon={<PlusIcon />}
          isDisabled={!TAG.test(typed.trim())}
          aria-label={t('Add tag')}
        />
        <HelpButton topic="tags" />
      </form>
    </div>
  );
}
