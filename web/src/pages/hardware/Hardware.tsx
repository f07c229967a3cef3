import { Alert, Label } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { api, client } from '../../api/client';
import type { HardwarePart } from '../../api/types';
import { AskingButton } from '../../components/actions';
import { Loaded, Page, Panel } from '../../components/basics';
import { SmallTable } from '../../components/SmallTable';
import { useMay } from '../../components/session';
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

/** A part that was removed on purpose; one that is reported cannot be forgotten. */
function Forget({ part }: { part: HardwarePart }) {
  const { t } = useTranslation();
  const may = useMay();
  const gone = part.state === 'absent' || part.state === 'unknown';
  return gone && part.name !== 'all' && may('PROTECT') ? (
    <AskingButton
      size="sm"
      variant="link"
      question={{
        title: t('Forget {{part}}?', { part: part.title }),
        text: (
          <p>
            {t(
              'Do this if the part was removed on purpose. Its alert ends within 30 seconds. The part is monitored again when a report lists it.',
            )}
          </p>
        ),
        word: '',
        button: t('Forget'),
      }}
      run={() => client.POST('/hardware/forget', { body: { kind: part.kind, name: part.name } })}
      success={t('The part is forgotten within 30 seconds')}
      aria-label={`${t('Forget')}: ${part.title}`}
    >
      {t('Forget')}
    </AskingButton>
  ) : null;
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
        { title: t('Name'), cell: (part) => (part.name === 'all' ? t('All of this kind') : part.name) },
        { title: t('State'), cell: (part) => <State part={part} /> },
        { title: t('Reported'), rest: 'wrap', cell: (part) => part.detail },
        { title: t('Unchanged since'), cell: (part) => <Time at={part.since} /> },
        { title: t('Actions'), hiddenTitle: true, cell: (part) => <Forget part={part} /> },
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
                {t('Enable holdfast-hardware.timer on the appliance. Until then, failed parts are not detected.')}
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
