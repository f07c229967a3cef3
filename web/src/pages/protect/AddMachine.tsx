import { Alert, Spinner } from '@patternfly/react-core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client } from '../../api/client';
import type { Enrolment, Node } from '../../api/types';
import { Loaded, Page, Panel } from '../../components/basics';
import { Pick } from '../../components/fields';
import { Commands } from './Commands';
import { Protect } from './Protect';

const VALID_MINUTES = 60;

type Offer = { enrolment: Enrolment; before: string[] };

async function offer(): Promise<Offer> {
  const nodes = await client.GET('/nodes');
  const made = await client.POST('/nodes/tokens', { body: { validMinutes: VALID_MINUTES, node: '' } });
  if (!made.data) {
    throw new Error('no answer');
  }
  return { enrolment: made.data, before: (nodes.data?.nodes ?? []).map((node) => node.name) };
}

const OFFER = ['enrolment-offer'];

/** A token for one machine. It is kept until a machine joined, so that another visit does not make another token. */
function useOffer(joined: (offer: Offer | undefined) => boolean) {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: OFFER,
    queryFn: offer,
    // Never loaded again: it would be another token.
    staleTime: 'static',
    gcTime: (VALID_MINUTES / 2) * 60_000,
    retry: false,
  });
  const used = joined(query.data);
  useEffect(() => (used ? () => queries.removeQueries({ queryKey: OFFER }) : undefined), [used, queries]);
  return query;
}

function Joined({ nodes, node, select }: { nodes: Node[]; node: Node; select: (name: string) => void }) {
  const { t } = useTranslation();
  return (
    <Alert
      isInline
      isLiveRegion
      variant="success"
      component="h2"
      title={t('{{node}} is enrolled', { node: node.name })}
    >
      <div className="hf-inline">
        {node.connected ? t('The client service is connected.') : t('The client service has not connected yet.')}
        {nodes.length > 1 ? (
          <Pick
            label={t('Machine')}
            value={node.name}
            onChange={select}
            options={nodes.map(({ name }) => [name, name])}
          />
        ) : null}
      </div>
    </Alert>
  );
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <p role="status" className="hf-inline">
      <Spinner size="md" aria-hidden="true" /> {t('Waiting for the machine to enrol…')}
    </p>
  );
}

/** From a new machine to its first backup. */
export function AddMachine() {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState('');
  // The live updates tell of a machine that joined.
  const nodes = api.useQuery('get', '/nodes');
  const since = (offered: Offer | undefined) =>
    (nodes.data?.nodes ?? []).filter((node) => node.active && offered && !offered.before.includes(node.name));
  const query = useOffer((offered) => since(offered).length > 0);
  const joined = since(query.data);
  const node = joined.find(({ name }) => name === chosen) ?? joined[0];
  return node ? (
    <>
      <Joined nodes={joined} node={node} select={setChosen} />
      <Protect key={node.name} node={node} started={() => setChosen(node.name)} />
    </>
  ) : (
    <Panel title={t('Install the client and enrol')}>
      <Loaded query={query}>{({ enrolment }) => <Commands enrolment={enrolment} />}</Loaded>
      <Waiting />
    </Panel>
  );
}

export default function AddMachinePage() {
  const { t } = useTranslation();
  return (
    <Page
      title={t('Add a machine')}
      intro={t('Install the client, choose what to back up, and start the first backup.')}
    >
      <div className="hf-stack">
        <AddMachine />
      </div>
    </Page>
  );
}
