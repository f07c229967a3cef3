import { Button } from '@patternfly/react-core';
import { QuestionCircleIcon } from '@patternfly/react-icons';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { part } from '../lib/chunks';
import type { Topic } from '../lib/help';

const HelpPanel = part(() => import('./HelpPanel'));

/** Opens what the guide tells about a form. */
export function HelpButton({ topic }: { topic: Topic }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        type="button"
        variant="plain"
        icon={<QuestionCircleIcon />}
        aria-label={t('Help')}
        onClick={() => setOpen(true)}
      />
      {open ? (
        <Suspense fallback={null}>
          <HelpPanel topic={topic} close={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
