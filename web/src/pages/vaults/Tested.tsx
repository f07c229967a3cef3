import { Alert } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import type { TriedVault } from '../../api/types';
import { msg } from '../../i18n';

/** What the appliance found at the place, by its value in the API. */
const FOUND: Record<string, string> = {
  empty: msg('The vault is empty. All snapshots will be uploaded.'),
  own: msg('The vault contains the data that this appliance stored. Only missing data will be uploaded.'),
  left: msg(
    'The vault contains the data of another appliance with the same keys. This appliance takes the vault over and locks the other one out.',
  ),
};

/** What was tried, in the order in which it was tried. */
export function Passed({ tried, bucket }: { tried: TriedVault; bucket: boolean }) {
  const { t } = useTranslation();
  const passed = [
    bucket
      ? t('The bucket is reachable, the access key is valid, and the clock of the appliance is accepted.')
      : t('The directory exists and is outside the data of the appliance.'),
    t('A test object was written, read back and deleted.'),
    t('A second object with the same name was refused: two appliances cannot mix their data unnoticed.'),
    tried.locks
      ? t('Objects can be locked: OSS itself keeps locked snapshots until their locks expire.')
      : bucket
        ? t(
            'Objects cannot be locked: the bucket has no retention by object (ObjectWorm), or the key has no permission to set it. Anyone with the key can delete locked snapshots in the bucket.',
          )
        : t('A directory cannot lock objects: users with write access can delete locked snapshots.'),
    t(FOUND[tried.found] ?? tried.found),
  ];
  return (
    <Alert isInline isLiveRegion variant="success" component="h3" title={t('The test passed')}>
      <ul>
        {passed.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
    </Alert>
  );
}
