import { Alert, Radio } from '@patternfly/react-core';
import { useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client, once } from '../../api/client';
import { FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { Field, SelectField } from '../../components/fields';
import { Time } from '../../components/Time';
import { type Basket, bySnapshot } from '../../lib/baskets';
import { downloads } from '../../lib/downloads';
import { addOrders } from '../../lib/orders';
import { type Allowed, place } from '../../lib/targets';
import { Checks, useChecks, type Where } from './checks';
import { Estimate, usePlans } from './estimate';
import { ExistingField } from './existing';
import { TargetFields, useAllowed, useTargetErrors } from './target';

type Kind = 'original' | 'folder' | 'machine' | 'download';
type Draft = { kind: Kind; node: string; below: string; target: string; overwrite: string };

/** Where a draft restores to; null if it does not, or not yet. */
function whereOf(draft: Draft, node: string, allowed: Allowed): Where | null {
  const { kind, overwrite } = draft;
  if (kind === 'download' || (kind === 'machine' && !draft.node)) {
    return null;
  }
  return kind === 'original'
    ? { overwrite, original: true, node, target: null }
    : { overwrite, node: kind === 'machine' ? draft.node : node, target: place(draft, allowed), original: null };
}

/** Orders the restores of a basket one by one. What was ordered before a failure is not ordered again. */
function useOrder(basket: Basket) {
  const done = useRef(new Set<string>());
  return async (where: Where) => {
    for (const { snapshot, paths } of bySnapshot(basket)) {
      if (!done.current.has(snapshot)) {
        const { data } = await client.POST('/snapshots/{id}/restore', {
          params: { path: { id: snapshot } },
          body: { ...where, paths },
          headers: once(),
        });
        done.current.add(snapshot);
        addOrders(data?.tasks ?? []);
      }
    }
  };
}

function Ways({ kind, change, node, here }: { kind: Kind; change: (kind: Kind) => void; node: string; here: boolean }) {
  const { t } = useTranslation();
  const id = useId();
  const ways: [Kind, string][] = [
    ['original', t('Original location, on {{node}}', { node })],
    ['folder', t('Another folder on {{node}}', { node })],
    ['machine', t('Another machine')],
    ['download', t('Download')],
  ];
  return (
    <Field id={id} label={t('Target')} isGroup>
      {ways.map(([each, text]) => (
        <Radio
          key={each}
          id={`${id}-${each}`}
          name={id}
          label={text}
          isDisabled={!here && (each === 'original' || each === 'folder')}
          isChecked={kind === each}
          onChange={() => change(each)}
        />
      ))}
    </Field>
  );
}

/** The links of a download. They are also what the button of the dialog follows. */
function Links({ basket }: { basket: Basket }) {
  const { t } = useTranslation();
  const found = downloads(basket, 'zip');
  const tars = downloads(basket, 'tar');
  if (!found || !tars) {
    return <p>{t('Too many items for one download. Select their folder instead.')}</p>;
  }
  return (
    <ul className="hf-orders">
      {found.map((each, i) => (
        <li key={each.address} className="hf-inline">
          {each.name ? (
            <a href={each.address} download={each.name}>
              {t('Download {{name}}', { name: each.name })}
            </a>
          ) : (
            <>
              <a href={each.address} download>
                {t('Download zip')}
              </a>
              <a href={tars[i]?.address} download>
                {t('Download tar')}
              </a>
            </>
          )}
          <Time exact at={each.taken} />
        </li>
      ))}
    </ul>
  );
}

function follow(basket: Basket) {
  for (const { address, name } of downloads(basket, 'zip') ?? []) {
    const link = document.createElement('a');
    link.href = address;
    link.download = name;
    link.click();
  }
}

/** Restores the selected items, or downloads them. Everything is checked before it is ordered. */
export function RestoreDialog({ node, basket, close }: { node: string; basket: Basket; close: () => void }) {
  const { t } = useTranslation();
  const order = useOrder(basket);
  const groups = bySnapshot(basket);
  const nodes = api.useQuery('get', '/nodes');
  // A retired or revoked node is restored to another one.
  const active = (nodes.data?.nodes ?? []).filter((each) => each.active).map((each) => each.name);
  const here = !nodes.data || active.includes(node);
  const [other, setOther] = useState('');
  const [way, setWay] = useState<Kind>(here ? 'original' : 'machine');
  const to = way === 'machine' ? other : node;
  const allowed = useAllowed(to);
  const targetErrors = useTargetErrors(allowed);
  const editor = useEditor<Draft>({
    initial: { kind: way, node: '', below: '', target: '', overwrite: 'if-changed' },
    validate: (draft) => ({
      node: draft.kind === 'machine' && !active.includes(draft.node) ? t('Select a node') : undefined,
      ...(draft.kind === 'folder' || draft.kind === 'machine' ? targetErrors(draft) : {}),
    }),
    save: async (draft) => {
      const where = whereOf(draft, node, allowed);
      if (where) {
        await order(where);
      } else {
        follow(basket);
      }
    },
    saved: '',
    onSaved: close,
  });
  const { draft } = editor;
  const plans = usePlans(groups);
  const fits = draft.kind === 'original' || (editor.valid && (draft.kind !== 'machine' || draft.node !== ''));
  const checked = useChecks(groups, fits && allowed !== undefined ? whereOf(draft, node, allowed) : null);
  const damaged = plans.some((each) => (each.data?.damagedFiles ?? 0) > 0);
  const ready =
    draft.kind === 'download' ? downloads(basket, 'zip') !== null : checked.checks.length > 0 && !checked.refused;
  const submit =
    draft.kind === 'download' ? t('Download') : damaged ? t('Restore everything else') : t('Start restore');
  return (
    <FormDialog
      variant="medium"
      title={t('Restore')}
      help="restore"
      description={basket
        .slice(0, 5)
        .map((each) => each.entry.path)
        .join(', ')}
      editor={{ ...editor, valid: editor.valid && ready, unsaved: () => draft.target !== '' && editor.unsaved() }}
      submit={submit}
      close={close}
    >
      <Ways
        kind={draft.kind}
        change={(kind) => {
          setWay(kind);
          editor.set({ kind, target: '', below: '' });
        }}
        node={node}
        here={here}
      />
      {here ? null : (
        <Alert
          isInline
          variant="info"
          component="h3"
          title={t('{{node}} no longer has access. Its files can be restored to another machine.', { node })}
        />
      )}
      {draft.kind === 'machine' ? (
        <SelectField
          {...editor.field('node')}
          onChange={(name) => {
            setOther(name);
            editor.set({ node: name, target: '', below: '' });
          }}
          label={t('Target node')}
          options={[
            ['', t('Select a node')] as const,
            ...active.filter((each) => each !== node).map((each) => [each, each] as const),
          ]}
        />
      ) : null}
      {(draft.kind === 'folder' || draft.kind === 'machine') && to ? (
        <TargetFields
          key={to}
          editor={editor}
          allowed={allowed}
          node={to}
          connected={nodes.data?.nodes.some((each) => each.name === to && each.connected) ?? false}
        />
      ) : null}
      {draft.kind === 'download' ? (
        <Links basket={basket} />
      ) : (
        <>
          <ExistingField {...editor.field('overwrite')} />
          <Checks {...checked} />
        </>
      )}
      <Estimate plans={plans} />
    </FormDialog>
  );
}
