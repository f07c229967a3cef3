import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client, once } from '../../api/client';
import type { Node } from '../../api/types';
import type { Bulk } from '../../components/bulk';
import { SelectField, TextField } from '../../components/fields';
import { useMay, useSession } from '../../components/session';
import { TAG, tagsOf } from '../../lib/tags';

/** Starts a backup of each plan of a node. */
export async function backUpNow({ name, plans }: Node) {
  for (const plan of plans) {
    await client.POST('/plans/{name}/run', {
      params: { path: { name: plan } },
      body: { nodes: [name], fullRead: false },
      headers: once(),
    });
  }
}

const changeTags = (name: string, body: { add?: string[]; remove?: string[] }) =>
  client.POST('/nodes/{name}/tags', { params: { path: { name } }, body });

function useTagBulks(chosen: Node[]): Bulk<Node>[] {
  const { t } = useTranslation();
  const [added, setAdded] = useState('');
  const [removed, setRemoved] = useState('');
  const tag = added.trim();
  const tags = tagsOf(chosen);
  const gone = tags.includes(removed) ? removed : (tags[0] ?? '');
  return [
    {
      text: t('Add tag'),
      explain: t('The tag is added to each node. Other tags are kept.'),
      fields: (
        <TextField
          label={t('New tag')}
          value={added}
          onChange={setAdded}
          autoComplete="off"
          error={
            added === '' || TAG.test(tag) ? undefined : t('Use 1 to 31 letters, digits, dots, hyphens and underscores.')
          }
        />
      ),
      ready: TAG.test(tag),
      run: ({ name }) => changeTags(name, { add: [tag] }),
    },
    {
      text: t('Remove tag'),
      explain: t('The tag is removed from these nodes. Other tags are kept.'),
      fields: (
        <SelectField label={t('Tag')} value={gone} onChange={setRemoved} options={tags.map((each) => [each, each])} />
      ),
      ready: gone !== '',
      leftOut: (node) => (node.tags.includes(gone) ? '' : t('does not have the tag')),
      run: ({ name }) => changeTags(name, { remove: [gone] }),
    },
  ];
}

function usePlanBulk(): Bulk<Node> {
  const { t } = useTranslation();
  const plans = api.useQuery('get', '/plans');
  const [chosen, setChosen] = useState('');
  const names = (plans.data?.plans ?? []).map((each) => each.name);
  const plan = names.includes(chosen) ? chosen : (names[0] ?? '');
  return {
    text: t('Assign plan'),
    explain: t('From its next run on, the plan also applies to these nodes. Their other plans are kept.'),
    fields: (
      <SelectField label={t('Plan')} value={plan} onChange={setChosen} options={names.map((name) => [name, name])} />
    ),
    ready: plan !== '',
    leftOut: (node) =>
      node.plans.includes(plan) ? t('already has the plan') : node.active ? '' : t('no longer has access'),
    run: ({ name }) => client.PUT('/plans/{name}/nodes/{node}', { params: { path: { name: plan, node: name } } }),
  };
}

/** What can be done with several nodes at once. */
export function useNodeBulks(chosen: Node[]): Bulk<Node>[] {
  const { t } = useTranslation();
  const may = useMay();
  const session = useSession();
  const tags = useTagBulks(chosen);
  const plan = usePlanBulk();
  const backup: Bulk<Node> = {
    text: t('Back up now'),
    explain: t('Starts a backup of each plan of these nodes. Offline nodes start when they connect.'),
    leftOut: (node) => (node.active ? (node.plans.length > 0 ? '' : t('has no plan')) : t('no longer has access')),
    run: backUpNow,
  };
  return session.readOnly
    ? []
    : [...(may('OPERATE') ? [backup] : []), ...(may('PLAN') ? [plan] : []), ...(may('NODES') ? tags : [])];
}
