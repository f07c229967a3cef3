import { Alert, Button, Card, CardBody, CardTitle, Progress } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, client, once } from '../api/client';
import { useActs } from '../components/acts';
import { Figure, Loaded, Nothing, Page, Time, useKind } from '../components/basics';
import { useMay } from '../components/session';
import { bytes, count, duration, percent, secondsBetween } from '../lib/format';

function Usage() {
  const { t } = useTranslation();
  const usage = api.useQuery('get', '/usage');
  return (
    <Card className="hf-wide">
      <CardTitle component="h2">{t('Whose the used room is')}</CardTitle>
      <CardBody className="hf-scroll">
        <Loaded query={usage}>
          {({ at, nodes }) =>
            at === null ? (
              <Nothing title={t('Not reckoned yet')}>{t('It is reckoned once a day, or when you ask.')}</Nothing>
            ) : (
              <>
                <p className="hf-subtle">
                  {t('Reckoned')} <Time at={at} />.{' '}
                  {t('Nodes share chunks: what a node refers to may be others’ too; its own goes with it.')}
                </p>
                <Table variant="compact" aria-label={t('Room by node')}>
                  <Thead>
                    <Tr>
                      <Th>{t('Node')}</Th>
                      <Th>{t('Snapshots')}</Th>
                      <Th>{t('Refers to')}</Th>
                      <Th>{t('Its own')}</Th>
                    </Tr>
                  </Thead>
                  <Tbody>
                    {nodes.map((node) => (
                      <Tr key={node.node}>
                        <Td>
                          <Link to={`/nodes/${node.node}`}>{node.node}</Link>
                        </Td>
                        <Td>{count(node.snapshots)}</Td>
                        <Td>{bytes(node.stored)}</Td>
                        <Td>{bytes(node.own)}</Td>
                      </Tr>
                    ))}
                  </Tbody>
                </Table>
              </>
            )
          }
        </Loaded>
      </CardBody>
    </Card>
  );
}

export default function Storage() {
  const { t } = useTranslation();
  const kind = useKind();
  const may = useMay();
  const { act } = useActs();
  const storage = api.useQuery('get', '/storage');
  const queue = (task: string, all = false) =>
    act(
      () => client.POST('/tasks', { body: { kind: task, all }, headers: once() }),
      t('{{kind}}: queued', { kind: kind(task) }),
    );
  return (
    <Page
      title={t('Storage')}
      actions={
        may('OPERATE') ? (
          <>
            <Button variant="secondary" onClick={() => void queue('gc-preview')}>
              {t('What would collection free?')}
            </Button>
            <Button variant="secondary" onClick={() => void queue('gc')}>
              {t('Collect garbage')}
            </Button>
            <Button variant="secondary" onClick={() => void queue('scrub', true)}>
              {t('Scrub everything')}
            </Button>
            <Button variant="secondary" onClick={() => void queue('usage')}>
              {t('Reckon usage')}
            </Button>
          </>
        ) : null
      }
    >
      <Loaded query={storage}>
        {(data) => (
          <div className="hf-grid">
            {data.damaged.length > 0 ? (
              <Alert
                className="hf-wide"
                isInline
                variant="danger"
                component="h2"
                title={t('{{count}} containers are damaged', { count: data.damaged.length })}
              >
                {t('They are healed from a vault, or from nodes at their next backup.')}
              </Alert>
            ) : null}
            <Card>
              <CardTitle component="h2">{t('Room')}</CardTitle>
              <CardBody>
                <div className="hf-figures">
                  <Figure label={t('Used')} value={bytes(data.usedBytes)}>
                    {percent(data.usedBytes, data.capacityBytes)}
                  </Figure>
                  <Figure label={t('Capacity')} value={bytes(data.capacityBytes)}>
                    {data.capacityBytes < data.profileBytes
                      ? t('limited by the file systems; the profile allows {{bytes}}', {
                          bytes: bytes(data.profileBytes),
                        })
                      : null}
                  </Figure>
                  <Figure label={t('Left')} value={bytes(data.leftBytes)} />
                  <Figure label={t('Chunks')} value={count(data.chunks)} />
                </div>
              </CardBody>
            </Card>
            <Card>
              <CardTitle component="h2">{t('Upkeep')}</CardTitle>
              <CardBody className="hf-scroll">
                <Table variant="compact" aria-label={t('Upkeep')}>
                  <Thead>
                    <Tr>
                      <Th>{t('Kind')}</Th>
                      <Th>{t('Last done')}</Th>
                      <Th>{t('Took')}</Th>
                    </Tr>
                  </Thead>
                  <Tbody>
                    {['retention', 'gc', 'usage', 'scrub'].map((each) => {
                      const task = data.lastTasks[each];
                      return (
                        <Tr key={each}>
                          <Td>{kind(each)}</Td>
                          <Td>
                            {task ? (
                              <Link to={`/tasks/${task.id}`}>
                                <Time at={task.finishedAt} />
                              </Link>
                            ) : (
                              t('never')
                            )}
                          </Td>
                          <Td>
                            {task?.startedAt && task.finishedAt
                              ? duration(Math.round(secondsBetween(task.startedAt, task.finishedAt)))
                              : '—'}
                          </Td>
                        </Tr>
                      );
                    })}
                  </Tbody>
                </Table>
              </CardBody>
            </Card>
            {data.volumes.map((volume) => (
              <Card key={volume.number}>
                <CardTitle component="h2">{t('Volume {{number}}', { number: volume.number })}</CardTitle>
                <CardBody className="hf-stack">
                  <code>{volume.path}</code>
                  <Progress
                    value={((volume.totalBytes - volume.freeBytes) / volume.totalBytes) * 100}
                    title={t('{{free}} free of {{total}}', {
                      free: bytes(volume.freeBytes),
                      total: bytes(volume.totalBytes),
                    })}
                  />
                  <p>
                    {t('{{count}} sealed containers, {{bytes}}', {
                      count: volume.containers,
                      bytes: bytes(volume.containerBytes),
                    })}
                  </p>
                </CardBody>
              </Card>
            ))}
            <Usage />
          </div>
        )}
      </Loaded>
    </Page>
  );
}
