import { Alert, Button, Form } from '@patternfly/react-core';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Topic } from '../lib/help';
import { useActions } from './actions';
import type { FieldProps } from './fields';
import { HelpButton } from './help';
import { useDrafts, useUnsaved } from './leaving';

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
  /** A name under which a wizard keeps the draft while another step is shown. */
  keep?: string;
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
  /** Why the appliance refused the draft as it is now; empty if it did not. */
  refused: string;
  readOnly: boolean;
  submit: (event: FormEvent) => void;
  /** Gives up the current changes, so that leaving does not ask. */
  discard: () => void;
  /** Returns whether there are unsaved changes, at the time of the call. */
  unsaved: () => boolean;
};

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

export const isDirty = ({ base, draft }: { base: object; draft: object }) => !same(base, draft);

export function useEditor<D extends object>({
  initial,
  validate = () => ({}),
  save,
  saved,
  onSaved,
  readOnly = false,
  keep = '',
}: Options<D>): Editor<D> {
  const { act } = useActions();
  const drafts = useDrafts();
  const [edit, setEdit] = useState((drafts?.get(keep) ?? null) as { base: D; draft: D } | null);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');
  // Set at once when the draft is saved: onSaved may navigate before the next render.
  const settled = useRef(false);
  const { base, draft } = edit ?? { base: initial, draft: initial };
  const errors = validate(draft);
  const dirty = !same(draft, base);
  const valid = Object.values(errors).every((error) => !error);
  const set = (changes: Partial<D>) => {
    settled.current = false;
    setRefused('');
    setEdit((old) => ({ base: old?.base ?? initial, draft: { ...(old?.draft ?? initial), ...changes } }));
  };
  useEffect(() => {
    if (edit && keep) {
      drafts?.set(keep, edit);
    }
  }, [edit, keep, drafts]);
  const submit = async () => {
    setBusy(true);
    setRefused('');
    const done = await act(() => save(draft, base), saved, setRefused);
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
    refused,
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

/** The error of the appliance, above the button that caused it. */
export function Refused({ error }: { error?: string }) {
  const { t } = useTranslation();
  return error ? (
    <Alert isInline isLiveRegion variant="danger" component="p" title={t('The operation failed')}>
      {error}
    </Alert>
  ) : null;
}

/** A form on a page, with save and cancel buttons. It asks before unsaved changes are lost. */
export function EditorForm<D>({
  editor,
  submit,
  cancel,
  help,
  children,
}: {
  editor: Editor<D>;
  submit: string;
  cancel?: () => void;
  /** What the guide tells about it, where no heading beside the form leads there. */
  help?: Topic;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  useUnsaved(editor.unsaved);
  return (
    <Form onSubmit={editor.submit}>
      {children}
      <Refused error={editor.refused} />
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
          {help ? <HelpButton topic={help} /> : null}
        </div>
      )}
    </Form>
  );
}
