import { Alert, AlertActionCloseButton, AlertGroup, Button, type ButtonProps } from '@patternfly/react-core';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../api/client';
import { ConfirmDialog, type Question } from './dialogs';
import { ProofDialog } from './proof';
import { useSession } from './session';

type Said = { id: number; variant: 'success' | 'danger'; title: string; detail: string };
type Acts = {
  /** Does something, asks for proof where the appliance wants one, and says what came of it. Returns whether it was done. */
  act: (does: () => Promise<unknown>, done: string) => Promise<boolean>;
  /** Asks before what cannot be undone; a word must be typed where one is given. */
  ask: (question: Question) => Promise<boolean>;
};

const Context = createContext<Acts | null>(null);

export function useActs(): Acts {
  const acts = useContext(Context);
  if (!acts) {
    throw new Error('outside of ActsProvider');
  }
  return acts;
}

export function ActsProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const session = useSession();
  const [said, setSaid] = useState<Said[]>([]);
  const [proof, setProof] = useState<((given: boolean) => void) | null>(null);
  const [question, setQuestion] = useState<(Question & { answer: (yes: boolean) => void }) | null>(null);
  const number = useRef(0);

  const say = useCallback((variant: Said['variant'], title: string, detail = '') => {
    number.current++;
    const id = number.current;
    setSaid((all) => [...all.slice(-3), { id, variant, title, detail }]);
    if (variant === 'success') {
      setTimeout(() => setSaid((all) => all.filter((each) => each.id !== id)), 6000);
    }
  }, []);

  const acts = useMemo<Acts>(
    () => ({
      act: async (does, done) => {
        try {
          try {
            await does();
          } catch (e) {
            if (!(e instanceof Problem) || e.type !== 'proof') {
              throw e;
            }
            const given = await new Promise<boolean>((resolve) => setProof(() => resolve));
            setProof(null);
            if (!given) {
              return false;
            }
            await does();
          }
          if (done) {
            say('success', done);
          }
          void queries.invalidateQueries();
          return true;
        } catch (e) {
          say('danger', t('That was refused'), e instanceof Error ? e.message : String(e));
          return false;
        }
      },
      ask: (asked) =>
        new Promise<boolean>((resolve) =>
          setQuestion({
            ...asked,
            answer: (yes) => {
              setQuestion(null);
              resolve(yes);
            },
          }),
        ),
    }),
    [queries, say, t],
  );

  return (
    <Context value={acts}>
      {children}
      <AlertGroup isToast isLiveRegion aria-label={t('Messages')}>
        {said.map((each) => (
          <Alert
            key={each.id}
            variant={each.variant}
            title={each.title}
            actionClose={
              <AlertActionCloseButton
                aria-label={t('Close')}
                onClose={() => setSaid((all) => all.filter((other) => other.id !== each.id))}
              />
            }
          >
            {each.detail}
          </Alert>
        ))}
      </AlertGroup>
      {proof ? <ProofDialog answer={proof} elsewhere={session.user.startsWith('sso.')} /> : null}
      {question ? <ConfirmDialog {...question} /> : null}
    </Context>
  );
}

/** A button that calls the appliance, and says what came of it. */
export function ActButton({ does, done, ...button }: ButtonProps & { does: () => Promise<unknown>; done: string }) {
  const { act } = useActs();
  return <Button {...button} onClick={() => void act(does, done)} />;
}
