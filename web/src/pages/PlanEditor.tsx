import {
  Alert,
  Button,
  Card,
  CardBody,
  CardTitle,
  Checkbox,
  ExpandableSection,
  Form,
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  List,
  ListItem,
  TextArea,
  TextInput,
} from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { api, client, once } from '../api/client';
import type { Plan } from '../api/types';
import { useActs } from '../components/acts';
import { Page, Time, Waiting } from '../components/basics';
import { PauseDialog } from '../components/pause';
import { useMay, useSession } from '../components/session';
import { TaskList } from '../components/tasks';
import { msg } from '../i18n';
import { describePlan, NEW_PLAN, type Options, optionsOf, withOptions } from '../lib/plans';
import { lines } from '../lib/text';

const SCHEDULES = [
  ['*/15 * * * *', msg('every 15 minutes')],
  ['0 * * * *', msg('every hour')],
  ['0 */4 * * *', msg('every 4 hours')],
  ['0 1 * * *', msg('every night at 01:00')],
  ['0 22 * * 1-5', msg('on workdays at 22:00')],
  ['0 3 * * 0', msg('on Sundays at 03:00')],
  ['', msg('only when somebody asks')],
] as const;

function useLater<T>(value: T): T {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), 400);
    return () => clearTimeout(timer);
  }, [value]);
  return later;
}

function Preview({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const settled = useLater(plan);
  const preview = useQuery({
    queryKey: ['plan-preview', settled],
    queryFn: async () => (await client.POST('/plans/preview', { body: settled })).data,
    retry: false,
    placeholderData: (old) => old,
  });
  const problem = preview.isError ? String(preview.error.message) : (preview.data?.problem ?? '');
  return (
    <Card>
      <CardTitle component="h2">{t('In words')}</CardTitle>
      <CardBody className="hf-stack" aria-live="polite">
        {problem ? <Alert isInline variant="danger" title={problem} component="h3" /> : null}
        <List>
          {describePlan(plan, t).map((line) => (
            <ListItem key={line}>{line}</ListItem>
          ))}
        </List>
        {preview.data && preview.data.next.length > 0 ? (
          <div>
            <h3>{t('Due next')}</h3>
            <List isPlain>
              {preview.data.next.slice(0, 8).map((at) => (
                <ListItem key={at}>
                  <Time at={at} />
                </ListItem>
              ))}
            </List>
          </div>
        ) : null}
      </CardBody>
    </Card>
  );
}

function Editor({
  name: known,
  first,
  paused,
  pausedUntil,
  bound,
}: {
  name: string;
  first: Plan;
  paused: boolean;
  pausedUntil: string | null;
  bound: string[];
}) {
  const { t } = useTranslation();
  const may = useMay();
  const session = useSession();
  const navigate = useNavigate();
  const { act, ask } = useActs();
  const [name, setName] = useState(known);
  const [plan, setPlan] = useState(first);
  const [paths, setPaths] = useState(first.what.paths.join('\n'));
  const [excludes, setExcludes] = useState(first.what.excludes.join('\n'));
  const given = optionsOf(first);
  const [optionalPaths, setOptionalPaths] = useState(given.optionalPaths.join('\n'));
  const [anyCase, setAnyCase] = useState(given.anyCaseExcludes.join('\n'));
  const [marks, setMarks] = useState(given.excludeIfPresent.join('\n'));
  const [tags, setTags] = useState(given.tags.join('\n'));
  const [streams, setStreams] = useState(given.streamScript !== '');
  const [pausing, setPausing] = useState(false);
  const [hours, setHours] = useState(first.when.hours.join('\n'));
  const [nodes, setNodes] = useState<string[]>(bound);
  const [wide, setWide] = useState(false);
  const all = api.useQuery('get', '/nodes');
  const readOnly = !may('PLAN') || !session.allNodes;
  const what = (part: Partial<Plan['what']>) => setPlan({ ...plan, what: { ...plan.what, ...part } });
  const options = optionsOf(plan);
  const option = (part: Partial<Options>) => setPlan({ ...plan, what: withOptions(plan.what, part) });
  const when = (part: Partial<Plan['when']>) => setPlan({ ...plan, when: { ...plan.when, ...part } });
  const how = (part: Partial<Plan['how']>) => setPlan({ ...plan, how: { ...plan.how, ...part } });
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const done = await act(
      async () => {
        await client.PUT('/plans/{name}', { params: { path: { name } }, body: plan });
        for (const node of nodes.filter((each) => !bound.includes(each))) {
          await client.PUT('/plans/{name}/nodes/{node}', { params: { path: { name, node } } });
        }
        for (const node of bound.filter((each) => !nodes.includes(each))) {
          await client.DELETE('/plans/{name}/nodes/{node}', { params: { path: { name, node } } });
        }
      },
      t('The plan {{name}} is in force', { name }),
    );
    if (done) {
      void navigate('/plans');
    }
  };
  const remove = async () => {
    if (await ask({ title: t('Remove the plan {{name}}?', { name }), text: null, word: '', button: t('Remove') })) {
      const done = await act(
        () => client.DELETE('/plans/{name}', { params: { path: { name } } }),
        t('The plan was removed'),
      );
      if (done) {
        void navigate('/plans');
      }
    }
  };
  const choose = (stream: boolean) => {
    setStreams(stream);
    setPlan({
      ...plan,
      what: withOptions(
        { ...plan.what, paths: stream ? [] : lines(paths) },
        { optionalPaths: stream ? [] : lines(optionalPaths), streamScript: '', streamName: '' },
      ),
    });
  };
  const list = (
    id: string,
    label: string,
    value: string,
    set: (value: string) => void,
    put: (values: string[]) => void,
    help = '',
    isRequired = false,
  ) => (
    <FormGroup label={label} isRequired={isRequired} fieldId={id}>
      <TextArea
        id={id}
        value={value}
        isDisabled={readOnly}
        resizeOrientation="vertical"
        onChange={(_, text) => {
          set(text);
          put(lines(text));
        }}
      />
      {help ? (
        <FormHelperText>
          <HelperText>
            <HelperTextItem>{help}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      ) : null}
    </FormGroup>
  );
  const number = (id: string, label: string, value: number, set: (value: number) => void, help: string) => (
    <FormGroup label={label} fieldId={id}>
      <TextInput
        id={id}
        type="number"
        min={0}
        value={value}
        isDisabled={readOnly}
        onChange={(_, text) => set(Math.max(0, Math.round(Number(text) || 0)))}
      />
      <FormHelperText>
        <HelperText>
          <HelperTextItem>{help}</HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
  return (
    <Page
      title={known || t('New plan')}
      actions={
        known ? (
          <>
            {may('OPERATE') ? (
              <Button
                variant="secondary"
                onClick={() =>
                  void act(
                    () =>
                      client.POST('/plans/{name}/run', {
                        params: { path: { name } },
                        body: { nodes: [], fullRead: false },
                        headers: once(),
                      }),
                    t('Backups were ordered'),
                  )
                }
              >
                {t('Run it now')}
              </Button>
            ) : null}
            {may('OPERATE') && session.allNodes ? (
              <Button
                variant="secondary"
                onClick={() =>
                  paused
                    ? void act(
                        () => client.DELETE('/plans/{name}/pause', { params: { path: { name } } }),
                        t('The plan is followed again'),
                      )
                    : setPausing(true)
                }
              >
                {paused ? t('Follow it again') : t('Pause')}
              </Button>
            ) : null}
            {!readOnly ? (
              <Button variant="link" isDanger onClick={() => void remove()}>
                {t('Remove')}
              </Button>
            ) : null}
          </>
        ) : null
      }
    >
      {pausing ? <PauseDialog plan={known} close={() => setPausing(false)} /> : null}
      <div className="hf-grid">
        {paused ? (
          <Alert isInline className="hf-wide" variant="warning" title={t('This plan is paused')} component="h2">
            {pausedUntil ? (
              <>
                {t('It resumes by itself:')} <Time at={pausedUntil} />
              </>
            ) : (
              t('It stays paused until somebody resumes it. Its snapshots count as overdue meanwhile.')
            )}
          </Alert>
        ) : null}
        <Card>
          <CardBody>
            <Form onSubmit={(event) => void save(event)}>
              {known ? null : (
                <FormGroup label={t('Name')} isRequired fieldId="name">
                  <TextInput id="name" value={name} onChange={(_, value) => setName(value)} />
                </FormGroup>
              )}
              <FormGroup label={t('What is backed up')} fieldId="source">
                <FormSelect
                  id="source"
                  isDisabled={readOnly}
                  value={streams ? 'stream' : 'paths'}
                  onChange={(_, value) => choose(value === 'stream')}
                >
                  <FormSelectOption value="paths" label={t('Files and directories')} />
                  <FormSelectOption value="stream" label={t('What a script on the node prints')} />
                </FormSelect>
              </FormGroup>
              {streams ? (
                <>
                  <FormGroup label={t('Script whose output is backed up')} isRequired fieldId="stream">
                    <TextInput
                      id="stream"
                      value={options.streamScript}
                      isDisabled={readOnly}
                      onChange={(_, value) =>
                        option({
                          streamScript: value,
                          streamName: options.streamName === options.streamScript ? value : options.streamName,
                        })
                      }
                    />
                    <FormHelperText>
                      <HelperText>
                        <HelperTextItem>
                          {t(
                            'The name of a script in the directory ‘scripts’ of the node’s state. If it fails, no snapshot is made.',
                          )}
                        </HelperTextItem>
                      </HelperText>
                    </FormHelperText>
                  </FormGroup>
                  <FormGroup label={t('Name of the file that the output becomes')} isRequired fieldId="stream-name">
                    <TextInput
                      id="stream-name"
                      value={options.streamName}
                      isDisabled={readOnly}
                      onChange={(_, value) => option({ streamName: value })}
                    />
                  </FormGroup>
                </>
              ) : (
                <>
                  {list(
                    'paths',
                    t('Paths, one a line'),
                    paths,
                    setPaths,
                    (values) => what({ paths: values }),
                    '',
                    true,
                  )}
                  {list('excludes', t('Leave out, one pattern a line'), excludes, setExcludes, (values) =>
                    what({ excludes: values }),
                  )}
                </>
              )}
              <FormGroup label={t('When')} fieldId="schedule">
                <FormSelect
                  id="schedule"
                  isDisabled={readOnly}
                  value={SCHEDULES.some(([cron]) => cron === plan.when.schedule) ? plan.when.schedule : 'other'}
                  onChange={(_, value) => when({ schedule: value === 'other' ? '30 2 * * *' : value })}
                >
                  {SCHEDULES.map(([cron, text]) => (
                    <FormSelectOption key={cron} value={cron} label={t(text)} />
                  ))}
                  <FormSelectOption value="other" label={t('by a cron line of my own')} />
                </FormSelect>
              </FormGroup>
              {SCHEDULES.some(([cron]) => cron === plan.when.schedule) ? null : (
                <FormGroup label={t('Cron line')} fieldId="cron">
                  <TextInput
                    id="cron"
                    value={plan.when.schedule}
                    isDisabled={readOnly}
                    onChange={(_, value) => when({ schedule: value })}
                  />
                  <FormHelperText>
                    <HelperText>
                      <HelperTextItem>{t('Minute, hour, day of the month, month, day of the week.')}</HelperTextItem>
                    </HelperText>
                  </FormHelperText>
                </FormGroup>
              )}
              <FormGroup label={t('Nodes')} role="group" fieldId="nodes">
                {(all.data?.nodes ?? [])
                  .filter((node) => node.active || nodes.includes(node.name))
                  .map((node) => (
                    <Checkbox
                      key={node.name}
                      id={`node-${node.name}`}
                      label={node.name}
                      isDisabled={readOnly}
                      isChecked={nodes.includes(node.name)}
                      onChange={(_, checked) =>
                        setNodes(checked ? [...nodes, node.name] : nodes.filter((each) => each !== node.name))
                      }
                    />
                  ))}
                {all.data?.nodes.length === 0 ? <p className="hf-subtle">{t('No node is enrolled yet.')}</p> : null}
              </FormGroup>
              <ExpandableSection
                toggleText={t('More settings')}
                isExpanded={wide}
                onToggle={(_, expanded) => setWide(expanded)}
              >
                <div className="hf-stack">
                  <FormGroup label={t('Time zone')} fieldId="zone">
                    <TextInput
                      id="zone"
                      value={plan.when.zone}
                      isDisabled={readOnly}
                      onChange={(_, value) => when({ zone: value })}
                    />
                  </FormGroup>
                  <FormGroup label={t('Begin only during, one a line')} fieldId="hours">
                    <TextArea
                      id="hours"
                      value={hours}
                      isDisabled={readOnly}
                      placeholder="mon-fri 18:00-06:00"
                      onChange={(_, value) => {
                        setHours(value);
                        when({ hours: lines(value) });
                      }}
                    />
                  </FormGroup>
                  {number(
                    'jitter',
                    t('Spread nodes over, in minutes'),
                    plan.when.jitterMinutes,
                    (value) => when({ jitterMinutes: value }),
                    t('So that not all begin at once.'),
                  )}
                  {number(
                    'overdue',
                    t('Tell somebody after, in minutes'),
                    plan.when.overdueMinutes,
                    (value) => when({ overdueMinutes: value }),
                    t('0 for never.'),
                  )}
                  <Checkbox
                    id="makeup"
                    label={t('Make up a run that was missed')}
                    isDisabled={readOnly}
                    isChecked={plan.when.makeUp}
                    onChange={(_, checked) => when({ makeUp: checked })}
                  />
                  {streams ? null : (
                    <>
                      {list(
                        'optional',
                        t('Paths that may be missing, one a line'),
                        optionalPaths,
                        setOptionalPaths,
                        (values) => option({ optionalPaths: values }),
                        t('Backed up like the others, without a warning where they are not there.'),
                      )}
                      {list(
                        'any-case',
                        t('Leave out in upper or lower case, one pattern a line'),
                        anyCase,
                        setAnyCase,
                        (values) => option({ anyCaseExcludes: values }),
                        t('*.tmp leaves out a.TMP, too.'),
                      )}
                      {list(
                        'marks',
                        t('Leave out directories that hold one of these files, one a line'),
                        marks,
                        setMarks,
                        (values) => option({ excludeIfPresent: values }),
                        t('The file itself is backed up, so that a restore leaves the directory out again.'),
                      )}
                      <Checkbox
                        id="caches"
                        label={t('Leave out what directories with a signed CACHEDIR.TAG hold')}
                        isDisabled={readOnly}
                        isChecked={options.excludeCaches}
                        onChange={(_, checked) => option({ excludeCaches: checked })}
                      />
                      {number(
                        'larger',
                        t('Leave out files larger than, in MB'),
                        options.excludeLargerThanBytes / 1e6,
                        (value) => option({ excludeLargerThanBytes: value * 1e6 }),
                        t('0 for no limit.'),
                      )}
                    </>
                  )}
                  {list(
                    'tags',
                    t('Tags of its snapshots, one a line'),
                    tags,
                    setTags,
                    (values) => option({ tags: values }),
                    t('Commands choose snapshots by them: holdfast restore latest --tag TAG.'),
                  )}
                  <Checkbox
                    id="one"
                    label={t('Stay on the file systems of the paths')}
                    isDisabled={readOnly}
                    isChecked={plan.what.oneFileSystem}
                    onChange={(_, checked) => what({ oneFileSystem: checked })}
                  />
                  <Checkbox
                    id="idle"
                    label={t('Give way to whatever else the machine does')}
                    isDisabled={readOnly}
                    isChecked={plan.how.idle}
                    onChange={(_, checked) => how({ idle: checked })}
                  />
                  <FormGroup label={t('Script before')} fieldId="before">
                    <TextInput
                      id="before"
                      value={plan.what.before}
                      isDisabled={readOnly}
                      onChange={(_, value) => what({ before: value })}
                    />
                    <FormHelperText>
                      <HelperText>
                        <HelperTextItem>
                          {t('The name of a script that lies on the node; its failure fails the backup.')}
                        </HelperTextItem>
                      </HelperText>
                    </FormHelperText>
                  </FormGroup>
                  <FormGroup label={t('Script after')} fieldId="after">
                    <TextInput
                      id="after"
                      value={plan.what.after}
                      isDisabled={readOnly}
                      onChange={(_, value) => what({ after: value })}
                    />
                  </FormGroup>
                  {number(
                    'script',
                    t('Scripts may take, in minutes'),
                    plan.what.scriptMinutes,
                    (value) => what({ scriptMinutes: value }),
                    '',
                  )}
                  {number(
                    'threads',
                    t('Threads'),
                    plan.how.threads,
                    (value) => how({ threads: value }),
                    t('0 for as many as there are cores.'),
                  )}
                  {number(
                    'read',
                    t('Read at most, in MB/s'),
                    Math.round(plan.how.readBytesPerSecond / 1e6),
                    (value) => how({ readBytesPerSecond: value * 1e6 }),
                    t('0 for no limit.'),
                  )}
                  {number(
                    'send',
                    t('Send at most, in MB/s'),
                    Math.round(plan.how.sendBytesPerSecond / 1e6),
                    (value) => how({ sendBytesPerSecond: value * 1e6 }),
                    t('0 for no limit.'),
                  )}
                  {number(
                    'priority',
                    t('Priority, 0 to 100'),
                    plan.how.priority,
                    (value) => how({ priority: value }),
                    t('What is higher goes first where not all can run.'),
                  )}
                </div>
              </ExpandableSection>
              {readOnly ? null : (
                <div className="hf-inline">
                  <Button type="submit" isDisabled={!name}>
                    {t('Save the plan')}
                  </Button>
                  <Button variant="link" onClick={() => void navigate('/plans')}>
                    {t('Cancel')}
                  </Button>
                </div>
              )}
            </Form>
          </CardBody>
        </Card>
        <Preview plan={plan} />
        {known ? (
          <Card className="hf-wide">
            <CardTitle component="h2">{t('History')}</CardTitle>
            <CardBody>
              <TaskList filter={{ plan: known }} height="40vh" />
            </CardBody>
          </Card>
        ) : null}
      </div>
    </Page>
  );
}

export default function PlanEditor() {
  const { t } = useTranslation();
  const { name } = useParams();
  const plans = api.useQuery('get', '/plans');
  if (!name) {
    return <Editor name="" first={NEW_PLAN} paused={false} pausedUntil={null} bound={[]} />;
  }
  const found = plans.data?.plans.find((each) => each.name === name);
  if (!plans.data) {
    return <Waiting />;
  }
  return found ? (
    <Editor
      key={`${name} ${found.nodes.join()}`}
      name={name}
      first={found.plan}
      paused={found.paused}
      pausedUntil={found.pausedUntil ?? null}
      bound={found.nodes}
    />
  ) : (
    <Page title={name}>
      <Alert isInline variant="warning" title={t('There is no such plan.')} component="h2" />
    </Page>
  );
}
