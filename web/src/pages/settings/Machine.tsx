import { Alert } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, client } from '../../api/client';
import type { Machine as It } from '../../api/types';
import { ActionButton } from '../../components/actions';
import { Copyable, Loaded, Panel } from '../../components/basics';
import { useMay, useSession } from '../../components/session';
import { Terms } from '../../components/Terms';
import { Time } from '../../components/Time';
import { bytes, count, duration, millis, time } from '../../lib/format';

/** More than the answer's way here explains. */
const SKEW_SECONDS = 30;

export function Appliance() {
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
                t('Designed for'),
                t('{{count}} nodes, {{bytes}}, {{rate}} per hour', {
                  count: it.maxNodes,
                  bytes: bytes(it.capacityBytes),
                  rate: bytes(it.bytesPerHour),
                }),
              ],
              [
                t('Workers'),
                t('{{ingest}} for ingest, {{restore}} for restore', {
                  ingest: it.ingestWorkers,
                  restore: it.restoreWorkers,
                }),
              ],
              [t('Host'), it.hostName],
              [t('Running since'), <Time key="r" at={it.startedAt} />],
              [t('Processors'), `${count(it.processors)}, ${t('load')} ${it.load.toFixed(2)}`],
              [t('Java heap'), `${bytes(it.heapUsed)} / ${bytes(it.heapMost)}`],
              ['Java', it.java],
              [t('Client port'), String(it.clientPort)],
              [t('Certificate authority'), <code key="c">{it.caFingerprint}</code>],
              [t('Valid until'), <Time key="g" at={it.certificateUntil} />],
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}

function Clock({ it, at }: { it: It; at: number }) {
  const { t } = useTranslation();
  const skew = Math.round((at - millis(it.now)) / 1000);
  return (
    <>
      <Terms
        of={[
          [t('Clock of the appliance'), time(it.now)],
          [t('Time zone'), it.zone],
          [
            t('Synchronised'),
            it.clock === 'synchronised'
              ? t('Yes, by the time service of the machine')
              : t('Unknown. Run on the appliance: timedatectl'),
          ],
        ]}
      />
      {Math.abs(skew) > SKEW_SECONDS ? (
        <Alert
          isInline
          variant="warning"
          component="p"
          title={t(
            'The clock differs from that of this browser by {{time}}. Schedules, locks and certificates follow the clock of the appliance.',
            { time: duration(Math.abs(skew)) },
          )}
        />
      ) : null}
    </>
  );
}

/** The clock, which schedules, locks and certificates follow. */
export function Clocks() {
  const { t } = useTranslation();
  const machine = api.useQuery('get', '/machine');
  return (
    <Panel title={t('Time')}>
      <Loaded query={machine}>{(it) => <Clock it={it} at={machine.dataUpdatedAt} />}</Loaded>
    </Panel>
  );
}

function Packages() {
  const { t } = useTranslation();
  const packages = api.useQuery('get', '/client-packages');
  return (
    <Loaded query={packages}>
      {({ packages: all }) =>
        all.length === 0 ? (
          <p>{t('No client package is offered to nodes. To offer one, run on the appliance:')}</p>
        ) : (
          <p>
            {t('Offered to nodes:')}{' '}
            {all.map((each) => `${each.version} (${each.architecture}, ${each.kind})`).join(', ')}.{' '}
            <Link to="/nodes">{t('Nodes')}</Link>
          </p>
        )
      }
    </Loaded>
  );
}

/** The release, and what another one takes. */
export function Releases() {
  const { t } = useTranslation();
  const machine = api.useQuery('get', '/machine');
  return (
    <Panel title={t('Updates')}>
      <Loaded query={machine}>
        {(it) => (
          <>
            <Terms of={[[t('Version of the appliance'), it.version]]} />
            <p>
              {t(
                'The appliance does not check for updates. Install a new release with the package manager of the machine. First run the check of the new release, which shows whether it can read the data of this version:',
              )}
            </p>
            <Copyable text={it.upgradeCheck} label={t('Upgrade check')} />
            <Packages />
            <Copyable text={it.clientPackage} label={t('Offer a client package')} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

async function download() {
  const { data } = await client.POST('/support-bundle', { body: {}, parseAs: 'blob' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(data as unknown as Blob);
  link.download = 'holdfast-appliance-support.zip';
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Facts for the support. */
export function Support() {
  const { t } = useTranslation();
  const may = useMay();
  const session = useSession();
  const machine = api.useQuery('get', '/machine');
  return may('SETTINGS') && session.allNodes ? (
    <Panel title={t('Support')}>
      <p>
        {t(
          'A support bundle contains versions, state, events, tasks and logs as plain text. It contains names of nodes and users, but no secrets and no file names. Review it before you send it.',
        )}
      </p>
      <div>
        <ActionButton variant="secondary" run={download} success={t('The support bundle was created')}>
          {t('Download a support bundle')}
        </ActionButton>
      </div>
      <p>{t('If the console does not respond, run on the appliance:')}</p>
      <Loaded query={machine}>{(it) => <Copyable text={it.supportBundle} label={t('Support bundle')} />}</Loaded>
    </Panel>
  ) : null;
}
