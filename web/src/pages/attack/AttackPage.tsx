import { Alert, List, ListItem } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { api } from '../../api/client';
import type { Attack, AttackedMachine } from '../../api/types';
import { Loaded, Page, Panel } from '../../components/basics';
import { SmallTable } from '../../components/SmallTable';
import { useMay } from '../../components/session';
import { Terms } from '../../components/Terms';
import { Time } from '../../components/Time';
import { useWords } from '../../i18n';
import { Answers } from './Answers';
import { ChangeChart } from './ChangeChart';

const here = (node: string) => `/attack?node=${encodeURIComponent(node)}`;

function Nothing() {
  const { t } = useTranslation();
  return (
    <Alert isInline variant="success" component="h2" title={t('No backup looks like an attack')}>
      {t(
        'Each backup is compared with earlier ones. If files seem to have been encrypted, deleted or replaced, the backup is shown here, and the deletion of snapshots is paused.',
      )}{' '}
      <Link to="/nodes">{t('Open nodes')}</Link>
    </Alert>
  );
}

function StateText({ machine }: { machine: AttackedMachine }) {
  const { t } = useTranslation();
  return machine.confirmed
    ? t('Confirmed attack, kept')
    : machine.pausedSince
      ? t('Decision required')
      : machine.suspendedSince
        ? t('Backups are suspended')
        : t('Normal');
}

function Machines({ machines }: { machines: AttackedMachine[] }) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <Panel className="hf-wide" title={t('Machines')}>
      <SmallTable
        label={t('Machines')}
        rows={machines}
        rowKey={(machine) => machine.node}
        columns={[
          { title: t('Node'), cell: (machine) => <Link to={here(machine.node)}>{machine.node}</Link> },
          { title: t('State'), cell: (machine) => <StateText machine={machine} /> },
          { title: t('Since'), cell: (machine) => <Time at={machine.pausedSince ?? machine.suspendedSince} /> },
          {
            title: t('Findings'),
            rest: 'wrap',
            cell: (machine) =>
              words(machine.reason, machine.phrase) || words(machine.suspended, machine.suspendedPhrase),
          },
        ]}
      />
    </Panel>
  );
}

function Seen({ machine }: { machine: AttackedMachine }) {
  const { t } = useTranslation();
  const words = useWords();
  const { node, pausedSince, confirmed } = machine;
  return (
    <>
      {machine.suspendedSince ? (
        <Alert isInline variant="danger" component="h2" title={t('{{node}}: backups are suspended', { node })}>
          {words(machine.suspended, machine.suspendedPhrase)} (<Time at={machine.suspendedSince} />){' '}
          <Link to={`/nodes/${encodeURIComponent(node)}`}>{t('Open node')}</Link>
        </Alert>
      ) : null}
      {pausedSince ? (
        <Alert
          isInline
          variant="danger"
          component="h2"
          title={
            confirmed
              ? t('{{node}}: an attack was confirmed', { node })
              : t('{{node}}: a backup looks like an attack', { node })
          }
        >
          <p>
            {words(machine.reason, machine.phrase)} (<Time at={pausedSince} />)
          </p>
          {confirmed ? (
            <p>
              {t('Confirmed by {{who}}: {{why}}', { who: confirmed.by, why: confirmed.why })} (
              <Time at={confirmed.at} />)
            </p>
          ) : null}
        </Alert>
      ) : (
        <Alert isInline variant="info" component="h2" title={t('{{node}}: no backup looks like an attack', { node })} />
      )}
    </>
  );
}

function Protection({ attack: { machine, clean, suspect, held, snapshots } }: { attack: Attack }) {
  const { t } = useTranslation();
  const may = useMay();
  const restore = (snapshot: string) => `/restore?node=${encodeURIComponent(machine.node)}&snapshot=${snapshot}`;
  return (
    <Panel className="hf-two" title={t('Snapshots before and after')}>
      <Terms
        of={[
          [
            t('Last clean restore point'),
            clean ? (
              <span key="c" className="hf-inline">
                <Time at={clean.taken} exact />
                {may('BROWSE') ? <Link to={restore(clean.snapshot)}>{t('Restore from it')}</Link> : null}
              </span>
            ) : (
              t('Unknown')
            ),
          ],
          [
            t('First suspicious snapshot'),
            suspect ? (
              <span key="s" className="hf-inline">
                <Time at={suspect.taken} exact />
                {may('BROWSE') ? <Link to={restore(suspect.snapshot)}>{t('Browse')}</Link> : null}
              </span>
            ) : (
              t('Unknown')
            ),
          ],
          [
            t('Protected snapshots'),
            machine.pausedSince
              ? t('Snapshots that policies do not delete: {{held}} of {{snapshots}}', { held, snapshots })
              : t('Snapshots on hold or locked: {{held}} of {{snapshots}}', { held, snapshots }),
          ],
        ]}
      />
    </Panel>
  );
}

function WhatToDo({ attack: { machine, clean } }: { attack: Attack }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('What to do')} className="hf-two">
      <List component="ol">
        <ListItem>
          {t('Disconnect the machine from the network, but do not switch it off: evidence would be lost.')}
        </ListItem>
        <ListItem>{t('Browse the suspicious snapshot: are the files intact?')}</ListItem>
        <ListItem>
          {t('Check the sign-ins and changes of that time.')} <Link to="/audit">{t('Open audit log')}</Link>
        </ListItem>
        <ListItem>
          {t(
            'If it is an attack: keep the snapshots, clean the machine, then restore from the last clean restore point.',
          )}
          {clean ? null : ` ${t('No clean restore point is known: check older snapshots and the vaults.')}`}
        </ListItem>
        <ListItem>{t('If the changes are legitimate, for example because files were moved: release.')}</ListItem>
      </List>
      {machine.pausedSince ? <Answers node={machine.node} confirmed={machine.confirmed !== null} /> : null}
    </Panel>
  );
}

function OfNode({ node }: { node: string }) {
  const attack = api.useQuery('get', '/nodes/{name}/attack', { params: { path: { name: node } } });
  return (
    <Loaded query={attack}>
      {(data) => (
        <div className="hf-stack">
          <Seen machine={data.machine} />
          <div className="hf-grid">
            {data.machine.pausedSince ? <WhatToDo attack={data} /> : null}
            <Protection attack={data} />
            <ChangeChart key={node} attack={data} />
          </div>
        </div>
      )}
    </Loaded>
  );
}

export default function AttackPage() {
  const { t } = useTranslation();
  const [search] = useSearchParams();
  const attacks = api.useQuery('get', '/attacks');
  return (
    <Page title={t('Attacks')} intro={t('Backups that look like an attack, and the decisions about them.')}>
      <Loaded query={attacks}>
        {({ machines }) => {
          const shown = search.get('node') ?? (machines.length === 1 ? (machines[0]?.node ?? '') : '');
          return (
            <div className="hf-stack">
              {machines.length === 0 && !shown ? <Nothing /> : null}
              {machines.length > 1 || (machines.length === 1 && machines[0]?.node !== shown) ? (
                <Machines machines={machines} />
              ) : null}
              {shown ? <OfNode node={shown} /> : null}
            </div>
          );
        }}
      </Loaded>
    </Page>
  );
}
