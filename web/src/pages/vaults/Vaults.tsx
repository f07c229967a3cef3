import { Button } from '@patternfly/react-core';
import { CloudIcon } from '@patternfly/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client';
import { Loaded, Nothing, Page } from '../../components/basics';
import { useMay, useSession } from '../../components/session';
import { RecoveryDialog } from './RecoveryDialog';
import { VaultCard } from './VaultCard';
import { NewVaultDialog } from './VaultDialogs';

export default function Vaults() {
  const { t } = useTranslation();
  const may = useMay();
  const [recovering, setRecovering] = useState(false);
  const [adding, setAdding] = useState(false);
  const vaults = api.useQuery('get', '/vaults');
  const session = useSession();
  const mayAdd = may('VAULTS') && session.allNodes;
  return (
    <Page
      title={t('Vaults')}
      intro={t('Off-site copies of this appliance’s data.')}
      actions={
        <>
          {mayAdd && vaults.data && vaults.data.vaults.length > 0 ? (
            <Button variant="secondary" onClick={() => setAdding(true)}>
              {t('Add a copy of the vault')}
            </Button>
          ) : null}
          {may('SETTINGS') ? (
            <Button variant="secondary" onClick={() => setRecovering(true)}>
              {t('Recovery sheet')}
            </Button>
          ) : null}
        </>
      }
    >
      <Loaded query={vaults}>
        {({ vaults: all, prices }) =>
          all.length === 0 ? (
            <Nothing
              title={t('No vault is configured.')}
              icon={CloudIcon}
              action={mayAdd ? <Button onClick={() => setAdding(true)}>{t('Set up the vault')}</Button> : null}
            >
              {t('Without an off-site copy, backups are lost if the appliance is lost.')}
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
      {adding ? <NewVaultDialog isCopy={(vaults.data?.vaults.length ?? 0) > 0} close={() => setAdding(false)} /> : null}
      {recovering ? <RecoveryDialog close={() => setRecovering(false)} /> : null}
    </Page>
  );
}
