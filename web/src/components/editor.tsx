import { Button, Form } from '@patternfly/react-core';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useBlocker } from 'react-router';
import { useActions } from './actions';
import type { FieldProps } from './fields';

/** The errors of a draft, by field. */
export type Errors<D> = { [K in keyof D]?: string };

type Options<D> = {
  /** The values as loaded. The form follows them until the user edits it. */
  initial: D;
  /** Returns an error text for each invalid field. */
  validate?: (draft: D) => Errors<D>;
  /** Sends the draft to the appliance. `base` holds the values before editing. */
  save: (draft: D, base: D) => Promise<unknown>;
  /** The message shown after saving; empty for none. */
  saved: string;
  onSaved?: () => void;
  readOnly?: boolean;
};

/** The state of one form: the draft, its errors, and the functions that change and save it. */
export type Editor<D> = {
  draft: D;
  set: (changes: Partial<D>) => void;
  /** The properties that bind a field component to one field of the draft. */
  field: <K extends keyof D>(key: K) => FieldProps<D[K]>;
  dirty: boolean;
  valid: boolean;
  busy: boolean;
  readOnly: boolean;
  submit: (event: FormEvent) => void;
  /** Disables the leave guard for the current changes. */
  discard: () => void;
  /** Returns whether there are unsaved changes, at the time of the call. */
  unsaved: () => boolean;
};

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

export function useEditor<D extends object>({
  initial,
  validate = () => ({}),
  save,
  saved,
  onSaved,
  readOnly = false,
}: Options<D>): Editor<D> {
  const { act } = useActions();
  const [edit, setEdit] = useState<{ base: D; draft: D } | null>(null);
  const [busy, setBusy] = useState(false);
  // Set at once when the draft is saved: onSaved may navigate before the next render.
  const settled = useRef(false);
  const { base, draft } = edit ?? { base: initial, draft: initial };
  const errors = validate(draft);
  const dirty = !same(draft, base);
  const valid = Object.values(errors).every((error) => !error);
  const set = (changes: Partial<D>) => {
    settled.current = false;
    setEdit((old) => ({ base: old?.base ?? initial, draft: { ...(old?.draft ?? initial), ...changes } }));
  };
  const submit = async () => {
    setBusy(true);
    const done = await act(() => save(draft, base), saved);
    setBusy(false);
    if (done) {
      settled.current = true;
      setEdit({ base: draft, draft });
      onSaved?.();
    }
  };
  return {
    draft,
    set,
    field: (key) => ({
      value: draft[key],
      onChange: (value) => set({ [key]: value } as unknown as Partial<D>),
      isDisabled: readOnly,
      error: same(draft[key], base[key]) ? undefined : errors[key],
    }),
    dirty,
    valid,
    busy,
    readOnly,
    submit: (event) => {
      event.preventDefault();
      if (valid && !busy) {
        void submit();
      }
    },
    discard: () => {
      settled.current = true;
    },
    unsaved: () => dirty && !settled.current,
  };
}

/** Asks for confirmation before unsaved changes are lost by navigation or by closing the tab. */
function LeaveGuard({ unsaved }: { unsaved: () => boolean }) {
  const { t } = useTranslation();
  const { ask } = useActions();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => unsaved() && currentLocation.pathname !== nextLocation.pathname,
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: one question for each attempt to leave.
  useEffect(() => {
    if (blocker.state === 'blocked') {
      void ask({
        title: t('Discard your changes?'),
        text: <p>{t('The changes on this page are not saved.')}</p>,
        word: '',
        button: t('Discard changes'),
      }).then((yes) => (yes ? blocker.proceed() : blocker.reset()));
    }
  }, [blocker.state]);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, []);
  return null;
}

/** A form on a page, with save and cancel buttons and the leave guard. */
export function EditorForm<D>({
  editor,
  submit,
  cancel,
  children,
}: {
  editor: Editor<D>;
  submit: string;
  cancel?: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <Form onSubmit={editor.submit}>
      {children}
      {editor.readOnly ? null : (
        <div className="hf-inline">
          <Button type="submit" isLoading={editor.busy} isDisabled={!editor.valid || editor.busy}>
            {submit}
          </Button>
          {cancel ? (
            <Button variant="link" onClick={cancel}>
              {t('Cancel')}
            </Button>
          ) : null}
        </div>
      )}
      {editor.dirty ? <LeaveGuard unsaved={editor.unsaved} /> : null}
    </Form>
  );
}
