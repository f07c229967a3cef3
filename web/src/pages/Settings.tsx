import { useTranslation } from 'react-i18next';
import { api, client } from '../api/client';
import type { Prices, Settings as SettingsData } from '../api/types';
import { Loaded, Page, Panel } from '../components/basics';
import { EditorForm, useEditor } from '../components/editor';
import { NumberField, TextField } from '../components/fields';
import { useMay, useSession } from '../components/session';
import { AlertChannels } from './alerts/AlertChannels';
import { Certificate } from './settings/Certificate';
import { Appliance, Clocks, Releases, Support } from './settings/Machine';
import { Reports } from './settings/Reports';

const CLASSES = ['Standard', 'IA', 'Archive', 'ColdArchive'];

function Upkeep({ drillDays, historyDays }: Pick<SettingsData, 'drillDays' | 'historyDays'>) {
  const { t } = useTranslation();
  const may = useMay();
  const editor = useEditor({
    initial: { drillDays, historyDays },
    readOnly: !may('SETTINGS'),
    validate: (draft) => ({
      drillDays: draft.drillDays > 366 ? t('The value must not exceed {{most}}.', { most: 366 }) : undefined,
      historyDays:
        draft.historyDays < 1 || draft.historyDays > 10_000 ? t('Enter a value between 1 and 10000.') : undefined,
    }),
    save: (body) => client.PUT('/settings', { body }),
    saved: t('The settings were saved'),
  });
  return (
    <EditorForm editor={editor} submit={t('Save')}>
      <NumberField
        {...editor.field('drillDays')}
        max={366}
        label={t('Restore test interval per node (days)')}
        help={t('0: never.')}
      />
      <NumberField {...editor.field('historyDays')} min={1} max={10_000} label={t('Keep task history for (days)')} />
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
    saved: t('The prices were saved'),
  });
  const { draft, set, field } = editor;
  return (
    <EditorForm editor={editor} submit={t('Save')}>
      <p className="hf-subtle">{t('The defaults are list prices. Enter your own prices.')}</p>
      <TextField
        {...field('currency')}
        label={t('Currency')}
        onChange={(currency) => set({ currency: currency.toUpperCase() })}
      />
      {CLASSES.map((kept) => (
        <NumberField
          key={kept}
          fractions
          label={t('{{kept}} (per GiB and month)', { kept })}
          isDisabled={readOnly}
          value={draft.perGibMonth[kept] ?? 0}
          onChange={(price) => set({ perGibMonth: { ...draft.perGibMonth, [kept]: price } })}
        />
      ))}
    </EditorForm>
  );
}

export default function Settings() {
  const { t } = useTranslation();
  const session = useSession();
  const may = useMay();
  const settings = api.useQuery('get', '/settings');
  const vaults = api.useQuery('get', '/vaults');
  return (
    <Page title={t('Settings')}>
      <div className="hf-grid">
        <Appliance />
        <Clocks />
        <Releases />
        <Certificate />
        <Support />
        <Panel help="checks" title={t('Maintenance')}>
          <Loaded query={settings}>{(it) => <Upkeep drillDays={it.drillDays} historyDays={it.historyDays} />}</Loaded>
        </Panel>
        {session.allNodes && may('SETTINGS') ? <AlertChannels /> : null}
        {session.allNodes ? (
          <Panel help="vault" title={t('Storage prices')}>
            <Loaded query={vaults}>{({ prices }) => <PriceForm prices={prices} />}</Loaded>
          </Panel>
        ) : null}
        {session.allNodes && may('SETTINGS') ? <Reports /> : null}
        <Panel title={t('API')}>
          <p>{t('All functions of the console are also available through the API, with an API token.')}</p>
          <a href="/api/v1/openapi.json">{t('API description (OpenAPI 3.1)')}</a>
        </Panel>
      </div>
    </Page>
  );
}
