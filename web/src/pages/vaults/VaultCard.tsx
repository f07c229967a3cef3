import { Alert, Button, Label } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import type { Vault, VaultPolicy } from '../../api/types';
import { ActionButton, AskingButton } from '../../components/actions';
import { Figure, Panel } from '../../components/basics';
import { SmallTable } from '../../components/SmallTable';
import { useMay, useSession } from '../../components/session';
import { Terms } from '../../components/Terms';
import { Time } from '../../components/Time';
import { useWords } from '../../i18n';
import { bytes, count, duration, money, rate, time } from '../../lib/format';
import { rateText, toWeek } from '../../lib/week';
import { CredentialsDialog } from './VaultDialogs';
import { VaultPolicyDialog } from './VaultPolicyDialog';
import { WeekInWords } from './WeekGrid';
import { CLASSES, STATES, WHENS } from './words';

function Figures({ vault, currency }: { vault: Vault; currency: string }) {
  const { t } = useTranslation();
  const words = useWords();
  const { state } = vault;
  const costs = Object.values(vault.monthlyCost);
  const cost = costs.reduce((sum, each) => sum + each, 0);
  return (
    <div className="hf-figures">
      <Figure label={t('State')} value={t(STATES[state.state] ?? state.state)}>
        {words(state.progress, state.progressPhrase)}
      </Figure>
      <Figure
        label={t('Off-site RPO')}
        value={
          !state.counted
            ? t('Not calculated yet')
            : state.snapshotsBehind === 0
              ? t('Up to date')
              : duration(state.offsiteRpoSeconds)
        }
      >
        {t('Last success')}: <Time at={state.lastSuccess} />
      </Figure>
      <Figure label={t('Backlog')} value={bytes(state.backlogBytes)}>
        {state.doneBy ? t('Estimated completion: {{time}}', { time: time(state.doneBy) }) : null}
      </Figure>
      <Figure label={t('Stored')} value={bytes(state.objectBytes)}>
        {costs.length > 0 ? t('About {{cost}} per month', { cost: money(cost, currency) }) : null}
      </Figure>
      <Figure label={t('Root')} value={count(state.root)}>
        {t('Record it with the recovery key')}
      </Figure>
    </div>
  );
}

function Costs({ vault, currency }: { vault: Vault; currency: string }) {
  const { t } = useTranslation();
  return (
    <SmallTable
      label={t('Cost per storage class')}
      rows={Object.entries(vault.state.classes)}
      rowKey={([kept]) => kept}
      columns={[
        { title: t('Storage class'), cell: ([kept]) => kept },
        { title: t('Stored'), cell: ([, size]) => bytes(size) },
        { title: t('Per month'), cell: ([kept]) => money(vault.monthlyCost[kept] ?? 0, currency) },
      ]}
    />
  );
}

/** The upload windows and bandwidth limits of a vault. */
function BandwidthCalendar({ policy }: { policy: VaultPolicy }) {
  const { t } = useTranslation();
  const limits = policy.bandwidth.map((each) => `${each.hours} = ${rateText(each.bytesPerSecond)}`);
  if (policy.windows.length === 0 && limits.length === 0) {
    return <p>{t('At any time, without a limit.')}</p>;
  }
  const week = toWeek(policy.windows, limits);
  return week ? (
    <WeekInWords week={week} />
  ) : (
    <ul className="hf-week-words">
      {policy.windows.map((hours) => (
        <li key={hours}>
          {hours}: {t('uploads may start')}
        </li>
      ))}
      {policy.bandwidth.map((each) => (
        <li key={each.hours}>
          {each.hours}:{' '}
          {each.bytesPerSecond === 0 ? t('no limit') : t('at most {{rate}}', { rate: rate(each.bytesPerSecond) })}
        </li>
      ))}
    </ul>
  );
}

function PolicyTerms({ policy }: { policy: VaultPolicy }) {
  const { t } = useTranslation();
  const colder = policy.colder.map((each) =>
    t('{{kept}} after {{count}} days', { kept: CLASSES[each.to], count: each.afterDays }),
  );
  return (
    <Terms
      of={[
        [t('Start uploads'), t(WHENS[policy.when])],
        [t('Schedule and bandwidth'), <BandwidthCalendar key="b" policy={policy} />],
        [t('Nodes'), policy.nodes.join(', ') || t('All nodes')],
        [
          t('Snapshot retention'),
          policy.keepDays ? t('{{count}} days', { count: policy.keepDays }) : t('As on the appliance'),
        ],
        [t('Storage class'), [CLASSES[policy.containerClass], ...colder].join(', ')],
      ]}
    />
  );
}

function NodesInVault({ nodes }: { nodes: Vault['state']['nodes'] }) {
  const { t } = useTranslation();
  return (
    <SmallTable
      label={t('Nodes in the vault')}
      rows={nodes}
      rowKey={(node) => node.node}
      columns={[
        { title: t('Node'), cell: (node) => node.node },
        { title: t('Off-site'), cell: (node) => `${node.offsite} / ${node.snapshots}` },
        {
          title: t('Pending'),
          cell: (node) =>
            node.behind === 0 ? (
              <Label isCompact status="success">
                {t('Up to date')}
              </Label>
            ) : (
              `${count(node.behind)}, ${bytes(node.bytesBehind)}, ${duration(node.rpoSeconds)}`
            ),
        },
        { title: t('Latest off-site'), cell: (node) => <Time at={node.lastOffsite} /> },
      ]}
    />
  );
}

/** Removes the vault from the configuration. Its data are kept. */
function RemoveButton({ name, url }: { name: string; url: string }) {
  const { t } = useTranslation();
  return (
    <AskingButton
      variant="secondary"
      isDanger
      question={{
        title: t('Remove vault {{name}}?', { name }),
        text: (
          <>
            <p>
              {t(
                'The appliance uploads nothing more to {{url}}. The data there are kept: if you set up the vault again, uploads resume.',
                { url },
              )}
            </p>
            {name === 'vault' ? (
              <p>{t('Without an off-site copy, backups are lost if the appliance is lost.')}</p>
            ) : null}
          </>
        ),
        word: name,
        button: t('Remove the vault'),
      }}
      run={() => client.DELETE('/vaults/{name}', { params: { path: { name } } })}
      success={t('The vault was removed')}
    >
      {t('Remove the vault')}
    </AskingButton>
  );
}

export function VaultCard({ vault, currency }: { vault: Vault; currency: string }) {
  const { t } = useTranslation();
  const words = useWords();
  const may = useMay();
  const { allNodes } = useSession();
  const [editing, setEditing] = useState<'policy' | 'key' | null>(null);
  const { state, policy } = vault;
  return (
    <Panel className="hf-wide" title={`${state.name} · ${state.url}`}>
      {state.error ? (
        <Alert isInline variant="warning" component="h3" title={words(state.error, state.errorPhrase)} />
      ) : null}
      <Figures vault={vault} currency={currency} />
      {Object.keys(vault.monthlyCost).length > 0 ? <Costs vault={vault} currency={currency} /> : null}
      <PolicyTerms policy={policy} />
      {state.nodes.length > 0 ? <NodesInVault nodes={state.nodes} /> : null}
      {may('VAULTS') ? (
        <div className="hf-inline">
          <ActionButton
            variant="secondary"
            isDisabled={policy.when === 'NEVER'}
            run={() => client.POST('/vaults/{name}/upload', { params: { path: { name: state.name } } })}
            success={t('An upload was requested')}
          >
            {t('Upload now')}
          </ActionButton>
          <Button variant="secondary" onClick={() => setEditing('policy')}>
            {t('Edit upload policy')}
          </Button>
          {state.url.startsWith('oss:') && policy.when !== 'NEVER' ? (
            <Button variant="secondary" onClick={() => setEditing('key')}>
              {t('Replace the access key')}
            </Button>
          ) : null}
          {allNodes ? <RemoveButton name={state.name} url={state.url} /> : null}
        </div>
      ) : null}
      {editing === 'policy' ? (
        <VaultPolicyDialog
          name={state.name}
          policy={policy}
          bucket={state.url.startsWith('oss:')}
          close={() => setEditing(null)}
        />
      ) : null}
      {editing === 'key' ? <CredentialsDialog name={state.name} close={() => setEditing(null)} /> : null}
    </Panel>
  );
}
