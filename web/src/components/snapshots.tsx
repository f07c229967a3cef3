import {
  Button,
  Checkbox,
  Dropdown,
  DropdownItem,
  DropdownList,
  Form,
  FormGroup,
  Label,
  MenuToggle,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from '@patternfly/react-core';
import { EllipsisVIcon } from '@patternfly/react-icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { client } from '../api/client';
import type { Snapshot } from '../api/types';
import { bytes, count } from '../lib/format';
import { useActs } from './acts';
import { Failure, Nothing, Time, Waiting } from './basics';
import { useMay } from './session';
import { VirtualTable } from './VirtualTable';

export function useSnapshots(node: string) {
  return useInfiniteQuery({
    queryKey: ['get', '/snapshots', node],
    initialPageParam: '',
    queryFn: async ({ pageParam }) => {
      const { data } = await client.GET('/snapshots', {
        params: { query: { node, limit: '200', ...(pageParam ? { before: pageParam } : {}) } },
      });
      return data ?? { snapshots: [], next: null };
    },
    getNextPageParam: (last) => last.next || undefined,
  });
}

function HoldDialog({ snapshot, close }: { snapshot: Snapshot; close: () => void }) {
  const { t } = useTranslation();
  const { act } = useActs();
  const [why, setWhy] = useState('');
  const hold = async () => {
    const done = await act(
      () => client.PUT('/snapshots/{id}/hold', { params: { path: { id: snapshot.id } }, body: { why } }),
      t('The snapshot is held'),
    );
    if (done) {
      close();
    }
  };
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="hold-title">
      <ModalHeader
        labelId="hold-title"
        title={t('Hold this snapshot')}
        description={t('It stays until it is released.')}
      />
      <ModalBody>
        <Form id="hold" onSubmit={(event) => event.preventDefault()}>
          <FormGroup label={t('Why')} isRequired fieldId="why">
            <TextInput id="why" value={why} onChange={(_, value) => setWhy(value)} />
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button isDisabled={!why.trim()} onClick={() => void hold()}>
          {t('Hold')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('Cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

function LockDialog({ snapshot, close }: { snapshot: Snapshot; close: () => void }) {
  const { t } = useTranslation();
  const { act } = useActs();
  const may = useMay();
  const [days, setDays] = useState('30');
  const [compliance, setCompliance] = useState(false);
  const lock = async () => {
    const done = await act(
      () =>
        client.PUT('/snapshots/{id}/lock', {
          params: { path: { id: snapshot.id } },
          body: { days: Number(days), compliance },
        }),
      t('The snapshot is locked'),
    );
    if (done) {
      close();
    }
  };
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="lock-title">
      <ModalHeader
        labelId="lock-title"
        title={t('Lock this snapshot')}
        description={t('It cannot be forgotten before that.')}
      />
      <ModalBody>
        <Form onSubmit={(event) => event.preventDefault()}>
          <FormGroup label={t('Days from now')} fieldId="days">
            <TextInput id="days" type="number" min={0} value={days} onChange={(_, value) => setDays(value)} />
          </FormGroup>
          {may('DESTROY') ? (
            <Checkbox
              id="compliance"
              label={t('Compliance: nobody can shorten or undo it, the administrator included')}
              isChecked={compliance}
              onChange={(_, value) => setCompliance(value)}
            />
          ) : null}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button isDisabled={!(Number(days) >= 0)} onClick={() => void lock()}>
          {t('Lock')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('Cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

function Menu({ snapshot }: { snapshot: Snapshot }) {
  const { t } = useTranslation();
  const may = useMay();
  const { act, ask } = useActs();
  const [open, setOpen] = useState(false);
  const [dialog, setDialog] = useState<'' | 'hold' | 'lock'>('');
  const path = { params: { path: { id: snapshot.id } } };
  const forget = async () => {
    const sure = await ask({
      title: t('Forget this snapshot for good?'),
      text: (
        <p>
          {snapshot.node}, <Time at={snapshot.taken} />
        </p>
      ),
      word: snapshot.node,
      button: t('Forget'),
    });
    if (sure) {
      await act(() => client.DELETE('/snapshots/{id}', path), t('The snapshot was forgotten'));
    }
  };
  if (!may('OPERATE') && !may('PROTECT') && !may('DESTROY')) {
    return null;
  }
  return (
    <>
      <Dropdown
        isOpen={open}
        onOpenChange={setOpen}
        onSelect={() => setOpen(false)}
        popperProps={{ position: 'right' }}
        toggle={(ref) => (
          <MenuToggle
            ref={ref}
            variant="plain"
            isExpanded={open}
            onClick={() => setOpen(!open)}
            icon={<EllipsisVIcon />}
            aria-label={t('What to do with the snapshot')}
          />
        )}
      >
        <DropdownList>
          {may('OPERATE') ? (
            <DropdownItem
              onClick={() =>
                void act(() => client.POST('/snapshots/{id}/verify', path), t('A verification was ordered'))
              }
            >
              {t('Verify')}
            </DropdownItem>
          ) : null}
          {may('PROTECT') ? <DropdownItem onClick={() => setDialog('hold')}>{t('Hold')}</DropdownItem> : null}
          {may('PROTECT') ? <DropdownItem onClick={() => setDialog('lock')}>{t('Lock')}</DropdownItem> : null}
          {may('DESTROY') && snapshot.kept.startsWith('held') ? (
            <DropdownItem
              onClick={() =>
                void act(() => client.DELETE('/snapshots/{id}/hold', path), t('The snapshot is held no more'))
              }
            >
              {t('Release')}
            </DropdownItem>
          ) : null}
          {may('DESTROY') ? (
            <DropdownItem isDanger onClick={() => void forget()}>
              {t('Forget')}
            </DropdownItem>
          ) : null}
        </DropdownList>
      </Dropdown>
      {dialog === 'hold' ? <HoldDialog snapshot={snapshot} close={() => setDialog('')} /> : null}
      {dialog === 'lock' ? <LockDialog snapshot={snapshot} close={() => setDialog('')} /> : null}
    </>
  );
}

export function SnapshotTable({ node }: { node: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const query = useSnapshots(node);
  const { fetchNextPage } = query;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  if (query.isPending) {
    return <Waiting />;
  }
  if (query.isError) {
    return <Failure error={query.error} />;
  }
  const rows = query.data.pages.flatMap((page) => page.snapshots);
  if (rows.length === 0) {
    return <Nothing title={t('No snapshot yet')}>{t('Give the node a plan, or back it up now.')}</Nothing>;
  }
  return (
    <VirtualTable
      label={t('Snapshots')}
      height="45vh"
      rows={rows}
      rowKey={(snapshot) => snapshot.id}
      more={query.hasNextPage}
      loadMore={more}
      loading={query.isFetchingNextPage}
      columns={[
        {
          title: t('Taken'),
          width: '11rem',
          cell: (snapshot) =>
            may('BROWSE') ? (
              <Link to={`/restore?node=${encodeURIComponent(snapshot.node)}&snapshot=${snapshot.id}`}>
                <Time at={snapshot.taken} />
              </Link>
            ) : (
              <Time at={snapshot.taken} />
            ),
        },
        { title: t('Files'), width: '5rem', cell: (snapshot) => count(snapshot.files) },
        { title: t('Content'), width: '6.5rem', cell: (snapshot) => bytes(snapshot.bytes) },
        {
          title: t('Own room'),
          width: '6.5rem',
          cell: (snapshot) => (snapshot.ownBytes < 0 ? '—' : bytes(snapshot.ownBytes)),
        },
        { title: t('Sources'), cell: (snapshot) => snapshot.sources.join(', ') },
        {
          title: t('Kept'),
          width: '9rem',
          cell: (snapshot) => (
            <span className="hf-inline">
              {snapshot.kept ? (
                <Label isCompact variant="outline">
                  {snapshot.kept}
                </Label>
              ) : null}
              {snapshot.problems > 0 ? (
                <Label isCompact status="warning">
                  {t('{{count}} notes', { count: snapshot.problems })}
                </Label>
              ) : null}
            </span>
          ),
        },
        { title: t('Actions'), hiddenTitle: true, width: '4rem', cell: (snapshot) => <Menu snapshot={snapshot} /> },
      ]}
    />
  );
}
