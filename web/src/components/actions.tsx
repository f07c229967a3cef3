import { Button, type ButtonProps } from '@patternfly/react-core';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../api/client';
import { ConfirmDialog, type Question } from './dialogs';
import { ProofDialog } from './proof';
import { useSession } from './session';
import { Toasts, useToasts } from './toasts';

type Actions = {
  /**
   * Runs an operation, asks for proof of identity if the appliance requires it, and shows the outcome. Returns
   * whether it succeeded. A form passes `refused`, and shows the error itself.
   */
  act: (action: () => Promise<unknown>, success: string, refused?: (error: string) => void) => Promise<boolean>;
  /** Asks for confirmation. If `word` is not empty, the user must type it. */
  ask: (question: Question) => Promise<boolean>;
};

const Context = createContext<Actions | null>(null);

export function useActions(): Actions {
  const actions = useContext(Context);
  if (!actions) {
    throw new Error('useActions is called outside of ActionsProvider');
  }
  return actions;
}

export function ActionsProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const session = useSession();
  const { messages, notify, close } = useToasts();
  const [proof, setProof] = useState<((given: boolean) => void) | null>(null);
  const [question, setQuestion] = useState<(Question & { answer: (yes: boolean) => void }) | null>(null);

  const actions = useMemo<Actions>(
    () => ({
      act: async (action, success, refused) => {
        try {
          try {
            await action();
          } catch (e) {
            if (!(e instanceof Problem) || e.type !== 'proof') {
              throw e;
            }
            const given = await new Promise<boolean>((resolve) => setProof(() => resolve));
            setProof(null);
            if (!given) {
              return false;
            }
            await action();
          }
          if (success) {
            notify('success', success);
          }
          void queries.invalidateQueries();
          return true;
        } catch (e) {
          const error = e instanceof Error ? e.message : String(e);
          if (refused) {
            refused(error);
          } else {
            notify('danger', t('The operation failed'), error);
          }
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
    [queries, notify, t],
  );

  return (
    <Context value={actions}>
      {children}
      <Toasts messages={messages} close={close} />
      {proof ? <ProofDialog answer={proof} elsewhere={session.user.startsWith('sso.')} /> : null}
      {question ? <ConfirmDialog {...question} /> : null}
    </Context>
  );
}

/** A button that asks before it runs an operation: what reduces safety takes more than one click. */
export function AskingButton({
  question,
  run,
  success,
  ...button
}: ButtonProps & { question: Question; run: () => Promise<unknown>; success: string }) {
  const { act, ask } = useActions();
  const click = async () => {
    if (await ask(question)) {
      await act(run, success);
    }
  };
  return <Button {...button} onClick={() => void click()} />;
}

/** A button that runs an operation and shows its outcome. */
export function ActionButton({
  run,
  success,
  ...button
}: ButtonProps & { run: () => Promise<unknown>; success: string }) {
  const { act } = useActions();
  return <Button {...button} onClick={() => void act(run, success)} />;
}
