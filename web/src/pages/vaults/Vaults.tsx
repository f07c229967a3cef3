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
      intro={t('Where everything is kept a second time, off-site.')}
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
            <Nothing title={t('There is no vault yet.')} icon={CloudIcon}>
              <span>
                {t('A vault is set on the appliance itself, so that its credentials pass no browser:')}{' '}
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
