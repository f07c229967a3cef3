import {
  Alert,
  Button,
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { api, client, once } from '../api/client';
import type { Task } from '../api/types';
import { useActs } from '../components/acts';
import { Failure, Loaded, Page, TaskProgress, TaskState, Time, useKind } from '../components/basics';
import { useMay } from '../components/session';
import { bytes, count, duration, rate, secondsBetween, time, utc } from '../lib/format';

const INHERENTLY_BYTES = /bytes/i;

/** As programs name it, in words. */
const words = (name: string) => name.replace(/([A-Z])/g, ' $1').toLowerCase();

function Result({ task }: { task: Task }) {
  const { t } = useTranslation();
  let result: Record<string, unknown> = {};
  try {
    result = JSON.parse(task.result || '{}') as Record<string, unknown>;
  } catch {
    // A result that is no JSON is shown nowhere.
  }
  const plain = Object.entries(result).filter(([, value]) => typeof value !== 'object' || value === null);
  if (plain.length === 0) {
    return null;
  }
  return (
    <Card>
      <CardTitle component="h2">{t('Result')}</CardTitle>
      <CardBody>
        <DescriptionList isHorizontal isCompact>
          {plain.map(([name, value]) => (
            <DescriptionListGroup key={name}>
              <DescriptionListTerm>{words(name)}</DescriptionListTerm>
              <DescriptionListDescription>
                {typeof value === 'number' && INHERENTLY_BYTES.test(name)
                  ? bytes(value)
                  : typeof value === 'number' && /millis$/i.test(name)
                    ? duration(Math.round(value / 1000))
                    : typeof value === 'number'
                      ? count(value)
                      : String(value)}
              </DescriptionListDescription>
            </DescriptionListGroup>
          ))}
        </DescriptionList>
      </CardBody>
    </Card>
  );
}

export default function TaskPage() {
  const { t } = useTranslation();
  const { id = '' } = useParams();
  const kind = useKind();
  const may = useMay();
  const navigate = useNavigate();
  const { act } = useActs();
  const path = { params: { path: { id } } };
  const shown = api.useQuery('get', '/tasks/{id}', path, {
    refetchInterval: (query) => (query.state.data?.task.finishedAt ? false : 3000),
  });
  if (shown.isError) {
    return (
      <Page title={t('Task {{id}}', { id })}>
        <Failure error={shown.error} />
      </Page>
    );
  }
  const retry = () =>
    act(async () => {
      const { data } = await client.POST('/tasks/{id}/retry', { ...path, headers: once() });
      if (data) {
        void navigate(`/tasks/${data.task}`);
      }
    }, t('Ordered once more'));
  return (
    <Loaded query={shown}>
      {({ task, log }) => (
        <Page
          title={`${kind(task.kind)} #${task.id}`}
          actions={
            may('OPERATE') ? (
              <>
                {!task.finishedAt && task.kind === 'backup' && task.requestedBy ? (
                  <Button
                    variant="secondary"
                    onClick={() =>
                      void act(
                        () => client.POST(task.paused ? '/tasks/{id}/resume' : '/tasks/{id}/pause', path),
                        task.paused ? t('It goes on') : t('It stands still'),
                      )
                    }
                  >
                    {task.paused ? t('Resume') : t('Pause')}
                  </Button>
                ) : null}
                {!task.finishedAt ? (
                  <Button
                    variant="danger"
                    onClick={() => void act(() => client.POST('/tasks/{id}/cancel', path), t('It was told to end'))}
                  >
                    {t('Cancel the task')}
                  </Button>
                ) : task.requestedBy ? (
                  <Button variant="secondary" onClick={() => void retry()}>
                    {t('Retry')}
                  </Button>
                ) : null}
              </>
            ) : null
          }
        >
          <div className="hf-stack">
            {task.reason ? (
              <Alert isInline variant={task.state === 'DONE' ? 'info' : 'danger'} title={task.reason} component="h2" />
            ) : null}
            <Card>
              <CardBody className="hf-stack">
                <TaskProgress task={task} />
                <DescriptionList isHorizontal isCompact>
                  {(
                    [
                      [t('State'), <TaskState key="s" task={task} />],
                      [t('What'), task.description],
                      [
                        t('Node'),
                        task.node ? (
                          <Link key="n" to={`/nodes/${task.node}`}>
                            {task.node}
                          </Link>
                        ) : (
                          t('appliance')
                        ),
                      ],
                      [t('Asked for by'), task.requestedBy || t('the node itself')],
                      [t('Queued'), <Time key="q" at={task.queuedAt} />],
                      [t('Begun'), <Time key="b" at={task.startedAt} none={t('not yet')} />],
                      [t('Ended'), <Time key="e" at={task.finishedAt} none={t('not yet')} />],
                      [
                        t('Received'),
                        task.bytes > 0
                          ? `${bytes(task.bytes)}, ${count(task.chunks)} ${t('chunks')}${
                              task.startedAt && task.finishedAt && secondsBetween(task.startedAt, task.finishedAt) > 0
                                ? `, ${rate(task.bytes / secondsBetween(task.startedAt, task.finishedAt))}`
                                : ''
                            }`
                          : '—',
                      ],
                    ] as const
                  ).map(([term, value]) => (
                    <DescriptionListGroup key={term}>
                      <DescriptionListTerm>{term}</DescriptionListTerm>
                      <DescriptionListDescription>{value}</DescriptionListDescription>
                    </DescriptionListGroup>
                  ))}
                </DescriptionList>
                {task.snapshot && may('BROWSE') ? (
                  <Link to={`/restore?node=${encodeURIComponent(task.node)}&snapshot=${task.snapshot}`}>
                    {t('Browse its snapshot')}
                  </Link>
                ) : null}
              </CardBody>
            </Card>
            <Result task={task} />
            <Card>
              <CardTitle component="h2">{t('Log')}</CardTitle>
              <CardBody>
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
                <div className="hf-log" role="log" tabIndex={0} aria-label={t('Log')}>
                  {log.length === 0
                    ? t('Nothing was noted.')
                    : log.map((line, number) => (
                        // biome-ignore lint/suspicious/noArrayIndexKey: a log only grows at its end.
                        <div key={number}>
                          <time title={utc(line.at)}>{time(line.at)}</time> {line.text}
                        </div>
                      ))}
                </div>
              </CardBody>
            </Card>
          </div>
        </Page>
      )}
    </Loaded>
  );
}
