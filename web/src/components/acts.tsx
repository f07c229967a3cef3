import {
  Alert,
  AlertActionCloseButton,
  AlertGroup,
  Button,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from '@patternfly/react-core';
import { useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  type FormEvent,
  type ReactNode,
  useCallback,
  useContext,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useTranslation } from 'react-i18next';
import { client, Problem } from '../api/client';
import { useSession } from './session';

type Said = { id: number; variant: 'success' | 'danger'; title: string; detail: string };
type Question = { title: string; text: ReactNode; word: string; button: string };
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
      {question ? <QuestionDialog {...question} /> : null}
    </Context>
  );
}

function ProofDialog({ answer, elsewhere }: { answer: (given: boolean) => void; elsewhere: boolean }) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [refused, setRefused] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await client.POST('/session/proof', { body: { password, code } });
      answer(true);
    } catch (e) {
      setRefused(e instanceof Error ? e.message : String(e));
    } finally {
      setBusy(false);
    }
  };
  if (elsewhere) {
    return (
      <Modal isOpen variant="small" onClose={() => answer(false)} aria-labelledby="proof-title">
        <ModalHeader
          title={t('Prove who you are')}
          labelId="proof-title"
          description={t('This cannot be undone, or changes who may do what.')}
        />
        <ModalBody>{t('Sign in once more at your organisation, and do it again within five minutes.')}</ModalBody>
        <ModalFooter>
          <a className="pf-v6-c-button pf-m-primary" href="/api/v1/oidc/begin?again=true">
            {t('Sign in once more')}
          </a>
          <Button variant="link" onClick={() => answer(false)}>
            {t('Cancel')}
          </Button>
        </ModalFooter>
      </Modal>
    );
  }
  return (
    <Modal isOpen variant="small" onClose={() => answer(false)} aria-labelledby="proof-title">
      <ModalHeader
        title={t('Prove who you are')}
        labelId="proof-title"
        description={t('This cannot be undone, or changes who may do what.')}
      />
      <ModalBody>
        <Form id="proof-form" onSubmit={(event) => void submit(event)}>
          <FormGroup label={t('Password')} isRequired fieldId="proof-password">
            <TextInput
              id="proof-password"
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={(_, value) => setPassword(value)}
            />
          </FormGroup>
          <FormGroup label={t('Code of your authenticator app')} fieldId="proof-code">
            <TextInput
              id="proof-code"
              inputMode="numeric"
              autoComplete="one-time-code"
              value={code}
              onChange={(_, value) => setCode(value)}
            />
            <FormHelperText>
              <HelperText>
                <HelperTextItem variant={refused ? 'error' : 'default'}>
                  {refused || t('Leave it empty if you have none.')}
                </HelperTextItem>
              </HelperText>
            </FormHelperText>
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="proof-form" isLoading={busy} isDisabled={busy || !password}>
          {t('Go on')}
        </Button>
        <Button variant="link" onClick={() => answer(false)}>
          {t('Cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

function QuestionDialog({ title, text, word, button, answer }: Question & { answer: (yes: boolean) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  return (
    <Modal isOpen variant="small" onClose={() => answer(false)} aria-labelledby="question-title">
      <ModalHeader title={title} labelId="question-title" titleIconVariant="warning" />
      <ModalBody>
        {text}
        {word ? (
          <Form
            id="question-form"
            onSubmit={(event) => {
              event.preventDefault();
              answer(typed === word);
            }}
          >
            <FormGroup label={t('Type {{word}} to go on', { word })} fieldId="question-word">
              <TextInput id="question-word" autoComplete="off" value={typed} onChange={(_, value) => setTyped(value)} />
            </FormGroup>
          </Form>
        ) : null}
      </ModalBody>
      <ModalFooter>
        <Button variant="danger" isDisabled={word !== '' && typed !== word} onClick={() => answer(true)}>
          {button}
        </Button>
        <Button variant="link" onClick={() => answer(false)}>
          {t('Cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
