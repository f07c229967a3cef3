import { Alert } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import type { TriedVault } from '../../api/types';
import { msg } from '../../i18n';

/** What the appliance found at the place, by its value in the API. */
const FOUND: Record<string, string> = {
  empty: msg('Nothing is there yet. All snapshots will be uploaded.'),
  own: msg('The vault is as this appliance left it. Only what is missing will be uploaded.'),
  left: msg(
    'An appliance with the same keys left its data there. This appliance takes it over at its next start, and locks that one out.',
  ),
};

/** What was tried, in the order in which it was tried. */
export function Passed({ tried, bucket }: { tried: TriedVault; bucket: boolean }) {
  const { t } = useTranslation();
  const passed = [
    bucket
      ? t('The bucket was reached, the access key is right, and the clock of the appliance is accepted.')
      : t('The directory is there, and is not on the appliance’s own data.'),
    t('A test object was written, read back and deleted.'),
    t('A second object under the same name was refused, so that two appliances cannot mix their data unnoticed.'),
    tried.locks
      ? t('Objects can be locked: OSS itself keeps locked snapshots until their locks end.')
      : bucket
        ? t(
            'Objects cannot be locked: the bucket has no retention by object (ObjectWorm), or the key may not set it. Whoever has the key can delete locked snapshots in the bucket.',
          )
        : t('A directory cannot lock objects: users who may write there can delete locked snapshots.'),
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
