import { Button } from '@patternfly/react-core';
import { CloudIcon } from '@patternfly/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client';
import { Loaded, Nothing, Page } from '../../components/basics';
import { useMay } from '../../components/session';
import { RecoveryDialog } from './RecoveryDialog';
import { VaultCard } from './VaultCard';

export default function Vaults() {
  const { t } = useTranslation();
  const may = useMay();
  const [recovering, setRecovering] = useState(false);
  const vaults = api.useQuery('get', '/vaults');
  return (
    <Page
      title={t('Vaults')}
      intro={t('Off-site copies of this appliance’s data.')}
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
            <Nothing title={t('No vault is configured.')} icon={CloudIcon}>
              <span>
                {t('Configure a vault on the appliance, so that its credentials do not pass through a browser:')}{' '}
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
