import {
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
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextInput,
} from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client } from '../api/client';
import { useActs } from '../components/acts';
import { Loaded, Page, Time } from '../components/basics';
import { useMay, useSession } from '../components/session';
import { bytes, count } from '../lib/format';

function Upkeep({ drillDays, historyDays }: { drillDays: number; historyDays: number }) {
  const { t } = useTranslation();
  const may = useMay();
  const { act } = useActs();
  const [drills, setDrills] = useState(String(drillDays));
  const [history, setHistory] = useState(String(historyDays));
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        void act(
          () => client.PUT('/settings', { body: { drillDays: Number(drills), historyDays: Number(history) } }),
          t('The settings were changed'),
        );
      }}
    >
      <FormGroup label={t('Rehearse a restore of each node every so many days')} fieldId="drills">
        <TextInput
          id="drills"
          type="number"
          min={0}
          max={366}
          value={drills}
          isDisabled={!may('SETTINGS')}
          onChange={(_, value) => setDrills(value)}
        />
        <FormHelperText>
          <HelperText>
            <HelperTextItem>{t('0 for never.')}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      </FormGroup>
      <FormGroup label={t('Keep the history of tasks for days')} fieldId="history">
        <TextInput
          id="history"
          type="number"
          min={1}
          max={10000}
          value={history}
          isDisabled={!may('SETTINGS')}
          onChange={(_, value) => setHistory(value)}
        />
      </FormGroup>
      {may('SETTINGS') ? (
        <div>
          <Button type="submit">{t('Save')}</Button>
        </div>
      ) : null}
    </Form>
  );
}

function Prices({
  currency,
  first,
  retrieval,
}: {
  currency: string;
  first: Record<string, number>;
  retrieval?: Record<string, number> | null;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const { act } = useActs();
  const [name, setName] = useState(currency);
  const [prices, setPrices] = useState(first);
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        void act(
          () =>
            client.PUT('/prices', {
              body: { currency: name, perGibMonth: prices, perGibRetrieval: retrieval ?? null },
            }),
          t('The prices were changed'),
        );
      }}
    >
      <p className="hf-subtle">{t('List prices to begin with: put in your own.')}</p>
      <FormGroup label={t('Currency')} fieldId="currency">
        <TextInput
          id="currency"
          value={name}
          isDisabled={!may('SETTINGS')}
          onChange={(_, value) => setName(value.toUpperCase())}
        />
      </FormGroup>
      {['Standard', 'IA', 'Archive', 'ColdArchive'].map((kept) => (
        <FormGroup key={kept} label={t('{{kept}}, a GiB and month', { kept })} fieldId={`price-${kept}`}>
          <TextInput
            id={`price-${kept}`}
            type="number"
            step="any"
            min={0}
            value={prices[kept] ?? 0}
            isDisabled={!may('SETTINGS')}
            onChange={(_, value) => setPrices({ ...prices, [kept]: Number(value) })}
          />
        </FormGroup>
      ))}
      {may('SETTINGS') ? (
        <div>
          <Button type="submit">{t('Save')}</Button>
        </div>
      ) : null}
    </Form>
  );
}

function Machine() {
  const { t } = useTranslation();
  const machine = api.useQuery('get', '/machine');
  return (
    <Card className="hf-two">
      <CardTitle component="h2">{t('Appliance')}</CardTitle>
      <CardBody>
        <Loaded query={machine}>
          {(it) => (
            <DescriptionList isHorizontal isCompact>
              {(
                [
                  [t('Hardware profile'), `${it.profile}: ${it.description}`],
                  [
                    t('Made for'),
                    t('{{nodes}} nodes, {{bytes}}, {{rate}} an hour', {
                      nodes: it.maxNodes,
                      bytes: bytes(it.capacityBytes),
                      rate: bytes(it.bytesPerHour),
                    }),
                  ],
                  [
                    t('Workers'),
                    t('{{ingest}} to take in, {{restore}} to restore', {
                      ingest: it.ingestWorkers,
                      restore: it.restoreWorkers,
                    }),
                  ],
                  [t('Version'), it.version],
                  [t('Host'), it.hostName],
                  [t('Running since'), <Time key="r" at={it.startedAt} />],
                  [t('Processors'), `${count(it.processors)}, ${t('load')} ${it.load.toFixed(2)}`],
                  [t('Java heap'), `${bytes(it.heapUsed)} / ${bytes(it.heapMost)}`],
                  ['Java', it.java],
                  [t('Time zone'), it.zone],
                  [t('Port for clients'), String(it.clientPort)],
                  [t('Certificate authority'), <code key="c">{it.caFingerprint}</code>],
                  [t('Good until'), <Time key="g" at={it.certificateUntil} />],
                ] as const
              ).map(([term, value]) => (
                <DescriptionListGroup key={term}>
                  <DescriptionListTerm>{term}</DescriptionListTerm>
                  <DescriptionListDescription>{value}</DescriptionListDescription>
                </DescriptionListGroup>
              ))}
            </DescriptionList>
          )}
        </Loaded>
      </CardBody>
    </Card>
  );
}

export default function Settings() {
  const { t } = useTranslation();
  const session = useSession();
  const settings = api.useQuery('get', '/settings');
  const vaults = api.useQuery('get', '/vaults');
  return (
    <Page title={t('Settings')}>
      <div className="hf-grid">
        <Machine />
        <Card>
          <CardTitle component="h2">{t('Upkeep')}</CardTitle>
          <CardBody>
            <Loaded query={settings}>{(it) => <Upkeep drillDays={it.drillDays} historyDays={it.historyDays} />}</Loaded>
          </CardBody>
        </Card>
        {session.allNodes ? (
          <Card>
            <CardTitle component="h2">{t('What storage costs')}</CardTitle>
            <CardBody>
              <Loaded query={vaults}>
                {({ prices }) => (
                  <Prices currency={prices.currency} first={prices.perGibMonth} retrieval={prices.perGibRetrieval} />
                )}
              </Loaded>
            </CardBody>
          </Card>
        ) : null}
        <Card>
          <CardTitle component="h2">{t('For programs')}</CardTitle>
          <CardBody className="hf-stack">
            <p>{t('Everything here can be done by the API too, with a token of yours.')}</p>
            <a href="/api/v1/openapi.json">{t('Its description, OpenAPI 3.1')}</a>
          </CardBody>
        </Card>
      </div>
    </Page>
  );
}
