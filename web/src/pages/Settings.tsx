import { useTranslation } from 'react-i18next';
import { api, client } from '../api/client';
import type { Prices, Settings as SettingsData } from '../api/types';
import { Loaded, Page, Panel, Time } from '../components/basics';
import { EditorForm, useEditor } from '../components/editor';
import { NumberField, TextField } from '../components/fields';
import { useMay, useSession } from '../components/session';
import { Terms } from '../components/Terms';
import { bytes, count } from '../lib/format';

const CLASSES = ['Standard', 'IA', 'Archive', 'ColdArchive'];

function Upkeep({ drillDays, historyDays }: Pick<SettingsData, 'drillDays' | 'historyDays'>) {
  const { t } = useTranslation();
  const may = useMay();
  const editor = useEditor({
    initial: { drillDays, historyDays },
    readOnly: !may('SETTINGS'),
    validate: (draft) => ({
      drillDays: draft.drillDays > 366 ? t('At most {{most}}.', { most: 366 }) : undefined,
      historyDays: draft.historyDays < 1 || draft.historyDays > 10_000 ? t('Between 1 and 10000.') : undefined,
    }),
    save: (body) => client.PUT('/settings', { body }),
    saved: t('The settings were changed'),
  });
  return (
    <EditorForm editor={editor} submit={t('Save')}>
      <NumberField
        {...editor.field('drillDays')}
        max={366}
        label={t('Rehearse a restore of each node every so many days')}
        help={t('0 for never.')}
      />
      <NumberField
        {...editor.field('historyDays')}
        min={1}
        max={10_000}
        label={t('Keep the history of tasks for days')}
      />
    </EditorForm>
  );
}

function PriceForm({ prices }: { prices: Prices }) {
  const { t } = useTranslation();
  const may = useMay();
  const readOnly = !may('SETTINGS');
  const editor = useEditor({
    initial: prices,
    readOnly,
    save: (body) => client.PUT('/prices', { body }),
    saved: t('The prices were changed'),
  });
  const { draft, set, field } = editor;
  return (
    <EditorForm editor={editor} submit={t('Save')}>
      <p className="hf-subtle">{t('List prices to begin with: put in your own.')}</p>
      <TextField
        {...field('currency')}
        label={t('Currency')}
        onChange={(currency) => set({ currency: currency.toUpperCase() })}
      />
      {CLASSES.map((kept) => (
        <NumberField
          key={kept}
          fractions
          label={t('{{kept}}, a GiB and month', { kept })}
          isDisabled={readOnly}
          value={draft.perGibMonth[kept] ?? 0}
          onChange={(price) => set({ perGibMonth: { ...draft.perGibMonth, [kept]: price } })}
        />
      ))}
    </EditorForm>
  );
}

function Machine() {
  const { t } = useTranslation();
  const machine = api.useQuery('get', '/machine');
  return (
    <Panel className="hf-two" title={t('Appliance')}>
      <Loaded query={machine}>
        {(it) => (
          <Terms
            of={[
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
            ]}
          />
        )}
      </Loaded>
    </Panel>
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
        <Panel title={t('Upkeep')}>
          <Loaded query={settings}>{(it) => <Upkeep drillDays={it.drillDays} historyDays={it.historyDays} />}</Loaded>
        </Panel>
        {session.allNodes ? (
          <Panel title={t('What storage costs')}>
            <Loaded query={vaults}>{({ prices }) => <PriceForm prices={prices} />}</Loaded>
          </Panel>
        ) : null}
        <Panel title={t('For programs')}>
          <p>{t('Everything here can be done by the API too, with a token of yours.')}</p>
          <a href="/api/v1/openapi.json">{t('Its description, OpenAPI 3.1')}</a>
        </Panel>
      </div>
    </Page>
  );
}
