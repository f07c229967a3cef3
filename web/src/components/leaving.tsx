import { createContext, type RefObject, useCallback, useContext, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useBlocker } from 'react-router';
import { useActions } from './actions';

type Unsaved = () => boolean;

/** What has unsaved changes at the moment: forms on the page, in its dialogs, and in steps of a wizard. */
const forms = new Set<RefObject<Unsaved>>();

/** Asks before `unsaved` changes are lost by navigation or by closing the tab. */
export function useUnsaved(unsaved: Unsaved) {
  const newest = useRef(unsaved);
  useEffect(() => {
    newest.current = unsaved;
  });
  useEffect(() => {
    forms.add(newest);
    return () => {
      forms.delete(newest);
    };
  }, []);
}

const anyUnsaved = () => [...forms].some((form) => form.current());

/** Returns a function that asks whether unsaved changes may be lost. */
export function useDiscard(): () => Promise<boolean> {
  const { t } = useTranslation();
  const { ask } = useActions();
  return useCallback(
    () =>
      ask({
        title: t('Discard your changes?'),
        text: <p>{t('Your changes are not saved.')}</p>,
        word: '',
        button: t('Discard changes'),
      }),
    [ask, t],
  );
}

/** Blocks navigation while there are unsaved changes. A router supports only one blocker. */
export function LeaveGuard() {
  const discard = useDiscard();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => currentLocation.pathname !== nextLocation.pathname && anyUnsaved(),
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: one question for each attempt to leave.
  useEffect(() => {
    if (blocker.state === 'blocked') {
      void discard().then((yes) => (yes ? blocker.proceed() : blocker.reset()));
    }
  }, [blocker.state]);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (anyUnsaved()) {
        event.preventDefault();
      }
    };
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, []);
  return null;
}

/** Keeps the edits of forms that are not shown at the moment, such as those of other steps of a wizard. */
export type Drafts = Map<string, { base: object; draft: object }>;
export const DraftsContext = createContext<Drafts | null>(null);
export const useDrafts = () => useContext(DraftsContext);
