import { Button, FormSelect, FormSelectOption } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { api, client, once } from '../api/client';
import { useActs } from '../components/acts';
import { KINDS, Page, TASK_STATES } from '../components/basics';
import { useMay, useSession } from '../components/session';
import { TaskList } from '../components/tasks';

export default function Tasks() {
  const { t } = useTranslation();
  const may = useMay();
  const session = useSession();
  const { act } = useActs();
  const [search, setSearch] = useSearchParams();
  const nodes = api.useQuery('get', '/nodes');
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    if (value) {
      next.set(name, value);
    } else {
      next.delete(name);
    }
    setSearch(next, { replace: true });
  };
  const filter = Object.fromEntries(
    ['state', 'kind', 'node'].flatMap((name) => (search.get(name) ? [[name, search.get(name) ?? '']] : [])),
  );
  const queue = (kind: string) =>
    act(
      () => client.POST('/tasks', { body: { kind, all: false }, headers: once() }),
      t('{{kind}}: queued', { kind: t(KINDS[kind] ?? kind) }),
    );
  return (
    <Page
      title={t('Tasks')}
      intro={t('What nodes and the appliance did, do, and have before them.')}
      actions={
        may('OPERATE') && session.allNodes ? (
          <>
            <Button variant="secondary" onClick={() => void queue('usage')}>
              {t('Reckon usage')}
            </Button>
            <Button variant="secondary" onClick={() => void queue('scrub')}>
              {t('Scrub')}
            </Button>
            <Button variant="secondary" onClick={() => void queue('gc')}>
              {t('Collect garbage')}
            </Button>
          </>
        ) : null
      }
    >
      <div className="hf-stack">
        <div className="hf-inline">
          <div className="hf-select">
            <FormSelect aria-label={t('State')} value={filter.state ?? ''} onChange={(_, value) => set('state', value)}>
              <FormSelectOption value="" label={t('All states')} />
              {TASK_STATES.map(([state, text]) => (
                <FormSelectOption key={state} value={state.toLowerCase()} label={t(text)} />
              ))}
            </FormSelect>
          </div>
          <div className="hf-select">
            <FormSelect aria-label={t('Kind')} value={filter.kind ?? ''} onChange={(_, value) => set('kind', value)}>
              <FormSelectOption value="" label={t('All kinds')} />
              {Object.entries(KINDS).map(([kind, text]) => (
                <FormSelectOption key={kind} value={kind} label={t(text)} />
              ))}
            </FormSelect>
          </div>
          <div className="hf-select">
            <FormSelect aria-label={t('Node')} value={filter.node ?? ''} onChange={(_, value) => set('node', value)}>
              <FormSelectOption value="" label={t('All nodes')} />
              {(nodes.data?.nodes ?? []).map((node) => (
                <FormSelectOption key={node.name} value={node.name} label={node.name} />
              ))}
            </FormSelect>
          </div>
        </div>
        <TaskList filter={filter} />
      </div>
    </Page>
  );
}
