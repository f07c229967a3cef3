import { Alert, Label } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client';
import type { HardwarePart } from '../../api/types';
import { Loaded, Page, Panel } from '../../components/basics';
import { SmallTable } from '../../components/SmallTable';
import { Time } from '../../components/Time';
import { ServerPicture } from './ServerPicture';
import { KINDS, stateOf } from './states';

function State({ part }: { part: HardwarePart }) {
  const { t } = useTranslation();
  const { text, status } = stateOf(part.state);
  return (
    <Label isCompact status={status}>
      {t(text)}
    </Label>
  );
}

function Parts({ parts }: { parts: HardwarePart[] }) {
  const { t } = useTranslation();
  return (
    <SmallTable
      label={t('Parts of the server')}
      rows={parts}
      rowKey={(part) => `${part.kind} ${part.name}`}
      columns={[
        { title: t('Kind'), cell: (part) => t(KINDS[part.kind] ?? part.kind) },
        { title: t('Name'), cell: (part) => (part.name === 'all' ? t('all of this kind') : part.name) },
        { title: t('State'), cell: (part) => <State part={part} /> },
        { title: t('Reported'), rest: 'wrap', cell: (part) => part.detail },
        { title: t('Unchanged since'), cell: (part) => <Time at={part.since} /> },
      ]}
    />
  );
}

export default function Hardware() {
  const { t } = useTranslation();
  const hardware = api.useQuery('get', '/hardware');
  return (
    <Page title={t('Hardware')}>
      <Loaded query={hardware}>
        {(data) => (
          <div className="hf-grid">
            {data.at === null ? (
              <Alert
                className="hf-wide"
                isInline
                variant="info"
                component="h2"
                title={t('The health of the server is not known')}
              >
                {t('Enable holdfast-hardware.timer on the appliance. Until then, failed parts are not noticed.')}
              </Alert>
            ) : null}
            <Panel className="hf-wide" title={t('Server, profile {{profile}}', { profile: data.profile })}>
              <ServerPicture hardware={data} />
              <p className="hf-subtle">
                {t('Last report')}: <Time at={data.at} />
              </p>
            </Panel>
            <Panel className="hf-wide" title={t('Parts of the server')}>
              <Parts parts={data.parts} />
            </Panel>
          </div>
        )}
      </Loaded>
    </Page>
  );
}
