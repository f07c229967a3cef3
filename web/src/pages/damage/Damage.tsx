import { Alert, List, ListItem } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api } from '../../api/client';
import { useDamage } from '../../api/damage';
import type { DamageState } from '../../api/types';
import { ActionButton } from '../../components/actions';
import { Failure, isShown, Nothing, Page, Panel, Stale, Waiting } from '../../components/basics';
import { PagedTable } from '../../components/PagedTable';
import { QueueButton } from '../../components/QueueButton';
import { SmallTable } from '../../components/SmallTable';
import { useMay } from '../../components/session';
import { Time } from '../../components/Time';
import { msg, useWords } from '../../i18n';
import { count } from '../../lib/format';
import { backUpNow } from '../nodes/bulk';

type Machine = DamageState['machines'][number];
type Hurt = DamageState['hurts'][number];

const nodePage = (node: string) => `/nodes/${encodeURIComponent(node)}`;
const search = (hurt: Hurt) =>
  `/restore?node=${encodeURIComponent(hurt.node)}&name=${encodeURIComponent(hurt.path.split('/').at(-1) ?? '')}`;

function Summary({ damage }: { damage: DamageState }) {
  const { t } = useTranslation();
  if (damage.findings === 0) {
    return (
      <Alert isInline variant="success" component="h2" title={t('No damage found')}>
        {t('The appliance reads all stored data again within 30 days. Damage that it finds is shown here.')}
      </Alert>
    );
  }
  return (
    <Alert
      isInline
      variant="danger"
      component="h2"
      title={
        damage.files === 0
          ? t('Stored data is damaged. No file of a snapshot is known to be affected.')
          : t('Damaged files: {{files}}, in snapshots: {{snapshots}}', {
              files: count(damage.files),
              snapshots: count(damage.snapshots),
            })
      }
    >
      {damage.namesLost ? <p>{t('Further files are damaged; their names are lost.')}</p> : null}
      {damage.complete ? null : (
        <p>{t('The lists on this page are incomplete: more damage was found than the appliance records.')}</p>
      )}
      <p>
        {t('Last check:')} <Time at={damage.looked} />
      </p>
    </Alert>
  );
}

function WhatToDo() {
  const { t } = useTranslation();
  return (
    <Panel title={t('What to do')} className="hf-wide">
      <List component="ol">
        <ListItem>
          {t('Start a full scrub. It heals damaged data from a vault and checks all other data again.')}{' '}
          <Link to="/vaults">{t('Open vaults')}</Link>
        </ListItem>
        <ListItem>
          {t(
            'Back up the machines again. Files that still exist there are stored again, which heals damaged snapshots. The appliance then checks again.',
          )}
        </ListItem>
        <ListItem>
          {t('Restore files that no longer exist on the machine from another snapshot: see “Other versions”.')}
        </ListItem>
        <ListItem>
          {t('Delete damaged snapshots that are not needed. The appliance then deletes the damaged data.')}
        </ListItem>
        <ListItem>
          {t('Check the disks: recurring damage has a cause.')} <Link to="/hardware">{t('Open hardware')}</Link>
        </ListItem>
      </List>
    </Panel>
  );
}

/** Starts a backup of each plan of a machine, which sends again what it still has of the damaged files. */
function BackUpAgain({ node }: { node: string }) {
  const { t } = useTranslation();
  const detail = api.useQuery('get', '/nodes/{name}', { params: { path: { name: node } } });
  const machine = detail.data?.node;
  if (!machine?.active) {
    return null;
  }
  return machine.plans.length > 0 ? (
    <ActionButton size="sm" variant="secondary" run={() => backUpNow(machine)} success={t('A backup was requested')}>
      {t('Back up now')}
    </ActionButton>
  ) : (
    <Link to={`${nodePage(node)}/protect`}>{t('Protect this machine')}</Link>
  );
}

function Machines({ machines }: { machines: Machine[] }) {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <Panel title={t('Machines with damaged snapshots')} className="hf-wide">
      <SmallTable
        label={t('Machines with damaged snapshots')}
        rows={machines}
        rowKey={(machine) => machine.node}
        columns={[
          { title: t('Node'), cell: (machine) => <Link to={nodePage(machine.node)}>{machine.node}</Link> },
          {
            title: t('Damaged files'),
            cell: (machine) =>
              machine.namesLost ? t('At least {{value}}', { value: count(machine.files) }) : count(machine.files),
          },
          { title: t('Damaged snapshots'), cell: (machine) => count(machine.snapshots) },
          { title: t('Damaged since'), cell: (machine) => <Time at={machine.since} /> },
          ...(may('OPERATE')
            ? [{ title: t('Repair'), cell: (machine: Machine) => <BackUpAgain node={machine.node} /> }]
            : []),
        ]}
      />
    </Panel>
  );
}

function HurtFiles({ query }: { query: ReturnType<typeof useDamage> }) {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <Panel title={t('Damaged files')} className="hf-wide">
      <PagedTable
        query={query}
        label={t('Damaged files')}
        height="45vh"
        rows={query.data?.pages.flatMap((page) => page.hurts) ?? []}
        rowKey={(hurt) => `${hurt.snapshot} ${hurt.path}`}
        columns={[
          { title: t('Node'), width: '9rem', cell: (hurt) => <Link to={nodePage(hurt.node)}>{hurt.node}</Link> },
          {
            title: t('Snapshot'),
            width: '8rem',
            cell: (hurt) =>
              may('BROWSE') ? (
                <Link to={`/restore?node=${encodeURIComponent(hurt.node)}&snapshot=${hurt.snapshot}`}>
                  <Time at={hurt.taken} none={hurt.snapshot.slice(0, 8)} />
                </Link>
              ) : (
                <Time at={hurt.taken} none={hurt.snapshot.slice(0, 8)} />
              ),
          },
          {
            title: t('Path'),
            rest: 'wrap',
            cell: (hurt) => (
              <span title={hurt.what}>
                {hurt.path}
                {hurt.more ? ` ${t('and what follows it (file names are lost)')}` : ''}
              </span>
            ),
          },
          {
            title: t('Other versions'),
            width: '9rem',
            cell: (hurt) => (may('BROWSE') && !hurt.more ? <Link to={search(hurt)}>{t('Other versions')}</Link> : null),
          },
        ]}
      />
    </Panel>
  );
}

/** What is damaged, by the kind of the finding; the details are as the check reports them. */
const PROBLEMS: Record<string, string> = {
  index: msg('The index is damaged.'),
  container: msg('A container is missing or damaged.'),
  chunk: msg('A chunk cannot be read.'),
  manifest: msg('The list of a snapshot is missing or damaged.'),
  missing_chunk: msg('A chunk is missing.'),
  page: msg('A part of the list of a snapshot is damaged.'),
  control: msg('The control database is damaged.'),
};

function DamagedThings({ damaged }: { damaged: DamageState['damaged'] }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('What is damaged')} className="hf-wide">
      <SmallTable
        label={t('What is damaged')}
        rows={damaged}
        rowKey={(each) => each.id}
        columns={[
          {
            title: t('Damaged since'),
            cell: (each) => (
              <Link to={`/tasks/${each.task}`}>
                <Time at={each.foundAt} />
              </Link>
            ),
          },
          { title: t('File'), rest: 'cut', cell: (each) => <code>{each.file}</code> },
          {
            title: t('Problem'),
            rest: 'wrap',
            cell: (each) => (
              <>
                {t(PROBLEMS[each.kind] ?? each.kind)} <span className="hf-subtle">{each.what}</span>
              </>
            ),
          },
        ]}
      />
    </Panel>
  );
}

function Healed({ healed }: { healed: DamageState['healed'] }) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <Panel title={t('Healed')} className="hf-wide">
      <SmallTable
        label={t('Healed')}
        rows={healed}
        rowKey={(each) => each.id}
        columns={[
          {
            title: t('Time'),
            cell: (each) => (
              <Link to={`/tasks/${each.task}`}>
                <Time at={each.at} />
              </Link>
            ),
          },
          { title: t('Healed'), rest: 'cut', cell: (each) => words(each.what, each.whatPhrase) },
          { title: t('How'), rest: 'wrap', cell: (each) => words(each.how, each.howPhrase) },
        ]}
      />
    </Panel>
  );
}

export default function Damage() {
  const { t } = useTranslation();
  const may = useMay();
  const query = useDamage();
  const damage = query.data?.pages[0];
  return (
    <Page
      title={t('Damage')}
      actions={
        may('OPERATE') ? (
          <QueueButton task="scrub" all>
            {t('Start full scrub')}
          </QueueButton>
        ) : null
      }
    >
      {query.isError && !isShown(query) ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Stale query={query} />
      )}
      {query.isPending ? <Waiting /> : null}
      {damage ? (
        <div className="hf-stack">
          <Summary damage={damage} />
          {damage.findings > 0 ? <WhatToDo /> : null}
          {damage.machines.length > 0 ? <Machines machines={damage.machines} /> : null}
          {damage.hurts.length > 0 ? <HurtFiles query={query} /> : null}
          {damage.damaged.length > 0 ? <DamagedThings damaged={damage.damaged} /> : null}
          {damage.healed.length > 0 ? (
            <Healed healed={damage.healed} />
          ) : (
            <Panel title={t('Healed')}>
              <Nothing title={t('No data healed yet')} />
            </Panel>
          )}
        </div>
      ) : null}
    </Page>
  );
}
