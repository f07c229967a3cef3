import { Button } from '@patternfly/react-core';
import { SearchIcon } from '@patternfly/react-icons';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { part } from '../../lib/chunks';
import type { Opened } from './useEntries';

const Palette = part(() => import('./Palette'));
const RecoveryDialog = lazy(async () => ({
  default: (await import('../../pages/vaults/RecoveryDialog')).RecoveryDialog,
}));

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** Opens the search, as Ctrl-K does, or Cmd-K on a Mac. */
export function CommandButton() {
  const { t } = useTranslation();
  const [shown, setShown] = useState<'palette' | Opened | null>(null);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const asked = event.key.toLowerCase() === 'k' && (IS_MAC ? event.metaKey : event.ctrlKey);
      if (!asked || event.altKey || event.shiftKey) {
        return;
      }
      event.preventDefault();
      // Over another dialog, it would lead away from what is being edited there.
      setShown((now) => (now || document.querySelector('.pf-v6-c-modal-box') ? now : 'palette'));
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, []);
  const close = () => setShown(null);
  return (
    <>
      <Button
        variant="plain"
        icon={<SearchIcon />}
        aria-label={t('Search and commands')}
        aria-keyshortcuts={IS_MAC ? 'Meta+K' : 'Control+K'}
        title={IS_MAC ? '⌘K' : 'Ctrl-K'}
        onClick={() => setShown('palette')}
      />
      <Suspense fallback={null}>
        {shown === 'palette' ? <Palette close={close} open={setShown} /> : null}
        {shown === 'sheet' ? <RecoveryDialog close={close} /> : null}
      </Suspense>
    </>
  );
}
