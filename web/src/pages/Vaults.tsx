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
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  Label,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextArea,
  TextInput,
} from '@patternfly/react-core';
import { CloudIcon } from '@patternfly/react-icons';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client } from '../api/client';
import type { RecoverySheet, Vault, VaultPolicy } from '../api/types';
import { useActs } from '../components/acts';
import { Copyable, Figure, Loaded, Nothing, Page, Time } from '../components/basics';
import { useMay } from '../components/session';
import { msg } from '../i18n';
import { bytes, count, duration, money, rate, time } from '../lib/format';
import { lines } from '../lib/text';

const CLASSES = { STANDARD: 'Standard', INFREQUENT: 'IA', ARCHIVE: 'Archive', COLD_ARCHIVE: 'ColdArchive' } as const;
const WHENS = {
  IMMEDIATELY: msg('by itself'),
  MANUALLY: msg('when somebody asks'),
  NEVER: msg('never: only read'),
} as const;

const STATES: Record<string, string> = {
  starting: msg('starting'),
  idle: msg('idle'),
  uploading: msg('uploading'),
  refused: msg('refused'),
  'waiting to try again': msg('waiting to try again'),
  'cancelled for an hour': msg('cancelled for an hour'),
};

const LIMIT = /^(.*?)\s*=\s*(\d+(?:\.\d+)?)\s*MB\/s$/i;

function PolicyDialog({ name, first, close }: { name: string; first: VaultPolicy; close: () => void }) {
  const { t } = useTranslation();
  const { act } = useActs();
  const [policy, setPolicy] = useState(first);
  const [windows, setWindows] = useState(first.windows.join('\n'));
  const [limits, setLimits] = useState(
    first.bandwidth.map((each) => `${each.hours} = ${each.bytesPerSecond / 1e6} MB/s`).join('\n'),
  );
  const [nodes, setNodes] = useState(first.nodes.join('\n'));
  const [keep, setKeep] = useState(first.keepDays ? String(first.keepDays) : '');
  const wrong = lines(limits).filter((line) => !LIMIT.test(line));
  const save = async () => {
    const body: VaultPolicy = {
      ...policy,
      windows: lines(windows),
      nodes: lines(nodes),
      keepDays: keep ? Number(keep) : null,
      bandwidth: lines(limits).map((line) => {
        const form = LIMIT.exec(line);
        return { hours: form?.[1] ?? '', bytesPerSecond: Math.round(Number(form?.[2] ?? 0) * 1e6) };
      }),
    };
    if (
      await act(
        () => client.PUT('/vaults/{name}/policy', { params: { path: { name } }, body }),
        t('The vault’s policy counts from now on'),
      )
    ) {
      close();
    }
  };
  return (
    <Modal isOpen variant="medium" onClose={close} aria-labelledby="policy-title">
      <ModalHeader labelId="policy-title" title={t('What goes to vault {{name}}, and when', { name })} />
      <ModalBody>
        <Form onSubmit={(event) => event.preventDefault()}>
          <FormGroup label={t('Uploads begin')} fieldId="when">
            <FormSelect
              id="when"
              value={policy.when}
              isDisabled={policy.when === 'NEVER'}
              onChange={(_, value) => setPolicy({ ...policy, when: value as VaultPolicy['when'] })}
            >
              {(['IMMEDIATELY', 'MANUALLY', ...(policy.when === 'NEVER' ? ['NEVER' as const] : [])] as const).map(
                (each) => (
                  <FormSelectOption key={each} value={each} label={t(WHENS[each])} />
                ),
              )}
            </FormSelect>
          </FormGroup>
          <FormGroup label={t('Only during, one a line')} fieldId="windows">
            <TextArea
              id="windows"
              value={windows}
              placeholder="22:00-06:00"
              onChange={(_, value) => setWindows(value)}
            />
          </FormGroup>
          <FormGroup label={t('Bandwidth, one limit a line; the first that fits counts')} fieldId="bandwidth">
            <TextArea
              id="bandwidth"
              value={limits}
              placeholder="mon-fri 08:00-18:00 = 5 MB/s"
              validated={wrong.length > 0 ? 'error' : 'default'}
              onChange={(_, value) => setLimits(value)}
            />
          </FormGroup>
          <FormGroup label={t('Only nodes called, one pattern a line')} fieldId="patterns">
            <TextArea id="patterns" value={nodes} placeholder="db-*" onChange={(_, value) => setNodes(value)} />
          </FormGroup>
          <FormGroup label={t('Snapshots stay there for days; empty: as long as here')} fieldId="keep">
            <TextInput id="keep" type="number" min={1} value={keep} onChange={(_, value) => setKeep(value)} />
          </FormGroup>
          <FormGroup label={t('Evict from the volumes above per cent; 100 for never')} fieldId="evict">
            <TextInput
              id="evict"
              type="number"
              min={1}
              max={100}
              value={policy.evictAbove}
              onChange={(_, value) => setPolicy({ ...policy, evictAbove: Number(value) || 100 })}
            />
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button isDisabled={wrong.length > 0} onClick={() => void save()}>
          {t('Save')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('Cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

/** The hours of a week, and how fast uploads may go in them. */
function BandwidthCalendar({ policy }: { policy: VaultPolicy }) {
  const { t } = useTranslation();
  if (policy.bandwidth.length === 0 && policy.windows.length === 0) {
    return <p>{t('Any time, as fast as it goes.')}</p>;
  }
  return (
    <Table variant="compact" aria-label={t('When and how fast')}>
      <Thead>
        <Tr>
          <Th>{t('Hours')}</Th>
          <Th>{t('Uploads')}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {policy.windows.map((each) => (
          <Tr key={`window ${each}`}>
            <Td>{each}</Td>
            <Td>{t('may begin')}</Td>
          </Tr>
        ))}
        {policy.bandwidth.map((each) => (
          <Tr key={`limit ${each.hours}`}>
            <Td>{each.hours}</Td>
            <Td>
              {each.bytesPerSecond === 0 ? t('no limit') : t('at most {{rate}}', { rate: rate(each.bytesPerSecond) })}
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function VaultCard({ vault, currency }: { vault: Vault; currency: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const { act } = useActs();
  const [editing, setEditing] = useState(false);
  const { state, policy } = vault;
  const cost = Object.values(vault.monthlyCost).reduce((sum, each) => sum + each, 0);
  return (
    <Card className="hf-wide">
      <CardTitle component="h2">
        {state.name} · {state.url}
      </CardTitle>
      <CardBody className="hf-stack">
        {state.error ? <Alert isInline variant="warning" component="h3" title={state.error} /> : null}
        <div className="hf-figures">
          <Figure label={t('State')} value={t(STATES[state.state] ?? state.state)}>
            {state.state === 'uploading' ? state.progress : null}
          </Figure>
          <Figure
            label={t('Off-site RPO')}
            value={
              !state.counted
                ? t('not counted yet')
                : state.snapshotsBehind === 0
                  ? t('up to date')
                  : duration(state.offsiteRpoSeconds)
            }
          >
            {t('last success')}: <Time at={state.lastSuccess} />
          </Figure>
          <Figure label={t('Backlog')} value={bytes(state.backlogBytes)}>
            {state.doneBy ? t('done by {{time}}', { time: time(state.doneBy) }) : null}
          </Figure>
          <Figure label={t('Stored')} value={bytes(state.objectBytes)}>
            {Object.keys(vault.monthlyCost).length > 0
              ? t('about {{cost}} a month', { cost: money(cost, currency) })
              : null}
          </Figure>
          <Figure label={t('Root')} value={count(state.root)}>
            {t('note it with the recovery key')}
          </Figure>
        </div>
        {Object.keys(vault.monthlyCost).length > 0 ? (
          <Table variant="compact" aria-label={t('Cost by class')}>
            <Thead>
              <Tr>
                <Th>{t('Class')}</Th>
                <Th>{t('Stored')}</Th>
                <Th>{t('A month')}</Th>
              </Tr>
            </Thead>
            <Tbody>
              {Object.entries(state.classes).map(([kept, size]) => (
                <Tr key={kept}>
                  <Td>{kept}</Td>
                  <Td>{bytes(size)}</Td>
                  <Td>{money(vault.monthlyCost[kept] ?? 0, currency)}</Td>
                </Tr>
              ))}
            </Tbody>
          </Table>
        ) : null}
        <DescriptionList isHorizontal isCompact>
          {(
            [
              [t('Uploads begin'), t(WHENS[policy.when])],
              [t('When and how fast'), <BandwidthCalendar key="b" policy={policy} />],
              [t('Nodes'), policy.nodes.join(', ') || t('all nodes')],
              [
                t('Snapshots stay'),
                policy.keepDays ? t('{{count}} days', { count: policy.keepDays }) : t('as long as here'),
              ],
              [
                t('Class'),
                [
                  CLASSES[policy.containerClass],
                  ...policy.colder.map((each) =>
                    t('{{kept}} after {{days}} days', { kept: CLASSES[each.to], days: each.afterDays }),
                  ),
                ].join(', '),
              ],
            ] as const
          ).map(([term, value]) => (
            <DescriptionListGroup key={term}>
              <DescriptionListTerm>{term}</DescriptionListTerm>
              <DescriptionListDescription>{value}</DescriptionListDescription>
            </DescriptionListGroup>
          ))}
        </DescriptionList>
        {state.nodes.length > 0 ? (
          <div className="hf-scroll">
            <Table variant="compact" aria-label={t('Nodes in the vault')}>
              <Thead>
                <Tr>
                  <Th>{t('Node')}</Th>
                  <Th>{t('Off-site')}</Th>
                  <Th>{t('Behind')}</Th>
                  <Th>{t('Newest off-site')}</Th>
                </Tr>
              </Thead>
              <Tbody>
                {state.nodes.map((node) => (
                  <Tr key={node.node}>
                    <Td>{node.node}</Td>
                    <Td>
                      {node.offsite} / {node.snapshots}
                    </Td>
                    <Td>
                      {node.behind === 0 ? (
                        <Label isCompact status="success">
                          {t('up to date')}
                        </Label>
                      ) : (
                        `${count(node.behind)}, ${bytes(node.bytesBehind)}, ${duration(node.rpoSeconds)}`
                      )}
                    </Td>
                    <Td>
                      <Time at={node.lastOffsite} />
                    </Td>
                  </Tr>
                ))}
              </Tbody>
            </Table>
          </div>
        ) : null}
        {may('VAULTS') ? (
          <div className="hf-inline">
            <Button
              variant="secondary"
              isDisabled={policy.when === 'NEVER'}
              onClick={() =>
                void act(
                  () => client.POST('/vaults/{name}/upload', { params: { path: { name: state.name } } }),
                  t('An upload was asked for'),
                )
              }
            >
              {t('Upload now')}
            </Button>
            <Button variant="secondary" onClick={() => setEditing(true)}>
              {t('Change the policy')}
            </Button>
          </div>
        ) : null}
      </CardBody>
      {editing ? <PolicyDialog name={state.name} first={policy} close={() => setEditing(false)} /> : null}
    </Card>
  );
}

function RecoveryDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const { act } = useActs();
  const [passphrase, setPassphrase] = useState('');
  const [sheet, setSheet] = useState<RecoverySheet | null>(null);
  const make = () =>
    act(async () => {
      const { data } = await client.POST('/recovery-key', { body: passphrase ? { passphrase } : {} });
      setSheet(data ?? null);
    }, '');
  return (
    <Modal isOpen variant="medium" onClose={close} aria-labelledby="sheet-title">
      <ModalHeader
        labelId="sheet-title"
        title={t('Recovery sheet')}
        description={
          sheet ? t('Print it, and keep it where the appliance is not. The key is told this once.') : undefined
        }
      />
      <ModalBody className="hf-stack">
        {sheet ? (
          <>
            <p>
              {t('Appliance')}: {sheet.appliance}, {time(sheet.at)}
            </p>
            <Copyable text={sheet.recoveryKey} label={t('Recovery key')} />
            {sheet.vaults.map((each) => (
              <p key={each.name}>
                {each.name}: {each.url} {each.region ? `(${each.region})` : ''}, {t('root')} {each.root}
              </p>
            ))}
            <p>
              {t('On a new machine:')}{' '}
              <code>
                holdfast appliance recover --from {sheet.vaults[0]?.url ?? 'URL'} --data DIR --recovery-key-file FILE
              </code>
            </p>
          </>
        ) : (
          <>
            <Alert
              isInline
              variant="warning"
              component="h3"
              title={t(
                'A new recovery key replaces the one before, which still opens copies of the keyring from before. If that one may be in wrong hands, run: holdfast appliance key rotate --data DIR',
              )}
            />
            <Form onSubmit={(event) => event.preventDefault()}>
              <FormGroup label={t('Passphrase of the appliance, if it starts with one')} fieldId="passphrase">
                <TextInput
                  id="passphrase"
                  type="password"
                  autoComplete="off"
                  value={passphrase}
                  onChange={(_, value) => setPassphrase(value)}
                />
              </FormGroup>
            </Form>
          </>
        )}
      </ModalBody>
      <ModalFooter>
        {sheet ? (
          <Button onClick={() => window.print()}>{t('Print')}</Button>
        ) : (
          <Button variant="danger" onClick={() => void make()}>
            {t('Make a new recovery key')}
          </Button>
        )}
        <Button variant="link" onClick={close}>
          {t('Close')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

export default function Vaults() {
  const { t } = useTranslation();
  const may = useMay();
  const [recovering, setRecovering] = useState(false);
  const vaults = api.useQuery('get', '/vaults');
  return (
    <Page
      title={t('Vaults')}
      intro={t('Where everything is kept a second time, off-site.')}
      actions={
        may('SETTINGS') ? (
          <Button variant="secondary" onClick={() => setRecovering(true)}>
            {t('Recovery sheet')}
          </Button>
        ) : null
      }
    >
      <Loaded query={vaults}>
        {({ vaults: all, prices }) =>
          all.length === 0 ? (
            <Nothing title={t('There is no vault yet.')} icon={CloudIcon}>
              <span>
                {t('A vault is set on the appliance itself, so that its credentials pass no browser:')}{' '}
                <code>
                  holdfast appliance vault set oss://BUCKET/PREFIX --region cn-hangzhou --credentials-file F --data DIR
                </code>
              </span>
            </Nothing>
          ) : (
            <div className="hf-grid">
              {all.map((vault) => (
                <VaultCard key={vault.state.name} vault={vault} currency={prices.currency} />
              ))}
            </div>
          )
        }
      </Loaded>
      {recovering ? <RecoveryDialog close={() => setRecovering(false)} /> : null}
    </Page>
  );
}
