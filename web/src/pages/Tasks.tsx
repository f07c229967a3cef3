import { useTranslation } from 'react-i18next';
import { api } from '../api/client';
import { Page } from '../components/basics';
import { Pick } from '../components/fields';
import { QueueButton } from '../components/QueueButton';
import { useMay, useSession } from '../components/session';
import { TaskList } from '../components/tasks';
import { KINDS, TASK_STATES } from '../components/taskstate';
import { useAddress } from '../lib/address';

export default function Tasks() {
  const { t } = useTranslation();
  const may = useMay();
  const session = useSession();
  const address = useAddress({ replace: true });
  const nodes = api.useQuery('get', '/nodes');
  const value = (name: string) => address.get(name) ?? '';
  const filter = Object.fromEntries(
    ['state', 'kind', 'node'].flatMap((name) => (value(name) ? [[name, value(name)]] : [])),
  );
  return (
    <Page
      title={t('Tasks')}
      intro={t('Finished, running and queued tasks of the nodes and the appliance.')}
      actions={
        may('OPERATE') && session.allNodes ? (
          <>
            <QueueButton task="usage">{t('Calculate usage')}</QueueButton>
            <QueueButton task="scrub">{t('Scrub')}</QueueButton>
            <QueueButton task="gc">{t('Start garbage collection')}</QueueButton>
          </>
        ) : null
      }
    >
      <div className="hf-stack">
        <div className="hf-inline">
          <Pick
            label={t('State')}
            none={t('All states')}
            value={value('state')}
            onChange={(state) => address.set({ state })}
            options={TASK_STATES.map(([state, text]) => [state.toLowerCase(), t(text)])}
          />
          <Pick
            label={t('Kind')}
            none={t('All kinds')}
            value={value('kind')}
            onChange={(kind) => address.set({ kind })}
            options={Object.entries(KINDS).map(([kind, text]) => [kind, t(text)])}
          />
          <Pick
            label={t('Node')}
            none={t('All nodes')}
            value={value('node')}
            onChange={(node) => address.set({ node })}
            options={(nodes.data?.nodes ?? []).map((node) => [node.name, node.name])}
          />
        </div>
        <TaskList filter={filter} />
      </div>
    </Page>
  );
}
