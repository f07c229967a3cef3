import { useTranslation } from 'react-i18next';
import { screenshotAddress } from '../../api/drills';
import type { NodeDetail } from '../../api/types';
import { useWords } from '../../i18n';
import { duration } from '../../lib/format';

type Boot = NonNullable<NodeDetail['rehearsals'][number]['boot']>;

/** What a machine did that was booted from its backup, with a link to its screen. */
export function BootTest({ task, boot, millis }: { task: number; boot: Boot; millis: number }) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <>
      {boot.reason ? words('', boot.reason) : t('Booted in {{time}}', { time: duration(millis / 1000) })}
      {boot.screenshot && (
        <>
          {' '}
          <a href={screenshotAddress(task)} target="_blank" rel="noreferrer">
            {t('Screenshot')}
          </a>
        </>
      )}
    </>
  );
}
