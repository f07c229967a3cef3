import { Alert, Button } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import type { RecoverySheet } from '../../api/types';
import { Dialog } from '../../components/dialogs';
import { Terms } from '../../components/Terms';
import { time } from '../../lib/format';

/** A sheet with the key that is printed on it, which the appliance answers only when it is new. */
export type Printed = { sheet: RecoverySheet; recoveryKey: string; isNew: boolean };

function Place({ place }: { place: RecoverySheet['vaults'][number] }) {
  const { t } = useTranslation();
  return (
    <section>
      <h3>
        {place.name}: {place.url} {place.region ? `(${place.region})` : ''}, {t('root')} {place.root}
      </h3>
      <p>
        {t('On a new machine:')} <code className="hf-command">{place.command}</code>
      </p>
    </section>
  );
}

/** The recovery sheet, to be printed. */
export function Sheet({ sheet, recoveryKey, isNew, close }: Printed & { close: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog
      variant="medium"
      title={t('Recovery sheet')}
      description={
        isNew
          ? t('Print this sheet and keep it away from the appliance. The key is shown only once.')
          : t('Print this sheet and keep it away from the appliance.')
      }
      close={close}
      closeLabel={t('Close')}
      actions={<Button onClick={() => window.print()}>{t('Print')}</Button>}
    >
      <Terms
        of={[
          [t('Appliance'), `${sheet.appliance}, ${time(sheet.at)}`],
          [
            t('Recovery key'),
            <code key="key" className="hf-recovery-key">
              {recoveryKey}
            </code>,
          ],
        ]}
      />
      {sheet.vaults.map((each) => (
        <Place key={each.name} place={each} />
      ))}
      {sheet.vaults.length === 0 ? (
        <Alert
          isInline
          variant="warning"
          component="h3"
          title={t('No vault is configured. If the appliance is lost, the key alone cannot recover any data.')}
        />
      ) : (
        <p>
          {t(
            'K is a file with the recovery key, F one with the credentials of the bucket, DIR the data directory of the new appliance.',
          )}
        </p>
      )}
    </Dialog>
  );
}
