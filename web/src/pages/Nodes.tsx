import {
  Button,
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  Label,
  Modal,
  ModalBody,
  ModalHeader,
  SearchInput,
} from '@patternfly/react-core';
import { ServerIcon } from '@patternfly/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, client } from '../api/client';
import type { Node } from '../api/types';
import { useActs } from '../components/acts';
import { Copyable, Loaded, Nothing, Page, Time } from '../components/basics';
import { useMay } from '../components/session';
import { VirtualTable } from '../components/VirtualTable';
import { count } from '../lib/format';

export function NodeState({ node }: { node: Node }) {
  const { t } = useTranslation();
  if (!node.active) {
    return <Label isCompact>{t('Revoked')}</Label>;
  }
  return (
    <span className="hf-inline">
      <Label isCompact variant="outline" status={node.connected ? 'success' : undefined}>
        {node.connected ? t('Connected') : t('Away')}
      </Label>
      {node.overduePlans.length > 0 ? (
        <Label isCompact status="danger">
          {t('Overdue')}
        </Label>
      ) : null}
      {node.suspended ? (
        <Label isCompact status="danger">
          {t('Suspended')}
        </Label>
      ) : null}
      {node.identityCopied ? (
        <Label isCompact status="danger">
          {t('Identity copied')}
        </Label>
      ) : null}
      {node.frozen ? (
        <Label isCompact status="warning">
          {t('Frozen')}
        </Label>
      ) : null}
    </span>
  );
}

/** Why a node, or a machine that has its identity, is refused; whole on the node's own page. */
function Refusal({ node }: { node: Node }) {
  const why = [node.suspended, node.identityCopied].filter(Boolean).join('\n');
  return node.active && why ? (
    <div className="hf-subtle hf-brief" title={why}>
      {why}
    </div>
  ) : null;
}

export function EnrolDialog({ node, close }: { node: string; close: () => void }) {
  const { t } = useTranslation();
  const { act } = useActs();
  const [minutes, setMinutes] = useState('60');
  const [made, setMade] = useState<{ command: string; expiresAt: string; caFingerprint: string } | null>(null);
  const make = () =>
    act(async () => {
      const { data } = await client.POST('/nodes/tokens', { body: { validMinutes: Number(minutes), node } });
      setMade(data ?? null);
    }, '');
  return (
    <Modal isOpen variant="medium" onClose={close} aria-labelledby="enrol-title">
      <ModalHeader
        labelId="enrol-title"
        title={node ? t('New certificate for {{node}}', { node }) : t('Enrol a node')}
        description={t(
          'A one-time token lets a machine in. Run the command on the machine, with Holdfast installed there.',
        )}
      />
      <ModalBody className="hf-stack">
        {made ? (
          <>
            <Copyable text={made.command} label={t('Command for the machine')} />
            <p>
              {t('Then start its service, so that plans reach it:')} <code>holdfast service</code>
            </p>
            <p className="hf-subtle">
              {t('The token is good once, until')} <Time at={made.expiresAt} />. {t('Fingerprint of the appliance:')}{' '}
              <code>{made.caFingerprint}</code>
            </p>
          </>
        ) : (
          <Form
            onSubmit={(event) => {
              event.preventDefault();
              void make();
            }}
          >
            <FormGroup label={t('The token is good for')} fieldId="minutes">
              <FormSelect id="minutes" value={minutes} onChange={(_, value) => setMinutes(value)}>
                <FormSelectOption value="15" label={t('15 minutes')} />
                <FormSelectOption value="60" label={t('1 hour')} />
                <FormSelectOption value="1440" label={t('1 day')} />
                <FormSelectOption value="10080" label={t('7 days')} />
              </FormSelect>
            </FormGroup>
            <div>
              <Button type="submit">{t('Make a token')}</Button>
            </div>
          </Form>
        )}
      </ModalBody>
    </Modal>
  );
}

export default function Nodes() {
  const { t } = useTranslation();
  const may = useMay();
  const nodes = api.useQuery('get', '/nodes');
  const [enrolling, setEnrolling] = useState(false);
  const [wanted, setWanted] = useState('');
  const enrol = may('NODES') ? <Button onClick={() => setEnrolling(true)}>{t('Enrol a node')}</Button> : null;
  return (
    <Page title={t('Nodes')} actions={enrol} intro={t('The machines that this appliance backs up.')}>
      <Loaded query={nodes}>
        {({ nodes: all }) =>
          all.length === 0 ? (
            <Nothing title={t('No node is enrolled yet.')} icon={ServerIcon} action={enrol}>
              {t('Make a token, run the command on a machine, and it appears here.')}
            </Nothing>
          ) : (
            <div className="hf-stack">
              <SearchInput
                aria-label={t('Filter by name')}
                placeholder={t('Filter by name')}
                value={wanted}
                onChange={(_, value) => setWanted(value)}
                onClear={() => setWanted('')}
              />
              <VirtualTable
                label={t('Nodes')}
                rows={all.filter((node) => node.name.toLowerCase().includes(wanted.toLowerCase()))}
                rowKey={(node) => node.name}
                more={false}
                loadMore={() => {}}
                loading={false}
                columns={[
                  { title: t('Node'), cell: (node) => <Link to={`/nodes/${node.name}`}>{node.name}</Link> },
                  {
                    title: t('State'),
                    cell: (node) => (
                      <>
                        <NodeState node={node} />
                        <Refusal node={node} />
                      </>
                    ),
                  },
                  { title: t('Last success'), cell: (node) => <Time at={node.lastSnapshot} /> },
                  { title: t('Snapshots'), cell: (node) => count(node.snapshots) },
                  { title: t('Plans'), cell: (node) => node.plans.join(', ') || '—' },
                  { title: t('Policy'), cell: (node) => node.policy || t('keeps all') },
                  { title: t('Platform'), cell: (node) => node.platform },
                ]}
              />
            </div>
          )
        }
      </Loaded>
      {enrolling ? <EnrolDialog node="" close={() => setEnrolling(false)} /> : null}
    </Page>
  );
}
