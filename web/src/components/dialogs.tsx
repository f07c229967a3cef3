import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Topic } from '../lib/help';
import { type Editor, Refused } from './editor';
import { TextField } from './fields';
import { HelpButton } from './help';
import { useDiscard, useUnsaved } from './leaving';

type Frame = {
  title: string;
  description?: string;
  variant?: 'small' | 'medium' | 'large';
  isWarning?: boolean;
  /** What the guide tells about it. */
  help?: Topic;
  close: () => void;
  children: ReactNode;
};

/** The open dialogs. The Escape key closes the last one only. */
const opened: string[] = [];

/** The frame of every dialog. `actions` are placed before the close button. */
export function Dialog({
  title,
  description,
  variant = 'small',
  isWarning,
  help,
  close,
  closeLabel,
  actions,
  children,
}: Frame & { actions?: ReactNode; closeLabel?: string }) {
  const { t } = useTranslation();
  const id = useId();
  useEffect(() => {
    opened.push(id);
    return () => {
      opened.splice(opened.indexOf(id), 1);
    };
  }, [id]);
  const escaped = () => {
    if (opened.at(-1) === id) {
      close();
    }
  };
  return (
    <Modal isOpen variant={variant} onClose={close} onEscapePress={escaped} aria-labelledby={id}>
      <ModalHeader
        labelId={id}
        title={title}
        description={description}
        titleIconVariant={isWarning ? 'warning' : undefined}
        help={help ? <HelpButton topic={help} /> : undefined}
      />
      <ModalBody className="hf-stack">{children}</ModalBody>
      <ModalFooter>
        {actions}
        <Button variant="link" onClick={close}>
          {closeLabel ?? t('Cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

/** The part of an editor that a dialog needs. */
type Submitted = Pick<Editor<never>, 'submit' | 'valid' | 'busy'> & Partial<Pick<Editor<never>, 'refused' | 'unsaved'>>;

/**
 * A dialog with a form. Its fields are bound to an editor; its button saves the draft. It asks before unsaved changes are
 * lost.
 */
export function FormDialog({
  editor,
  submit,
  isDanger,
  children,
  close,
  ...frame
}: Frame & { editor: Submitted; submit: string; isDanger?: boolean }) {
  const id = useId();
  const discard = useDiscard();
  const asking = useRef(false);
  // What a warning asks to be typed is no work that could be lost.
  const unsaved = () => !frame.isWarning && (editor.unsaved?.() ?? false);
  useUnsaved(unsaved);
  const leave = async () => {
    if (asking.current) {
      return;
    }
    asking.current = unsaved();
    if (!asking.current || (await discard())) {
      close();
    }
    asking.current = false;
  };
  return (
    <Dialog
      {...frame}
      close={() => void leave()}
      actions={
        <Button
          type="submit"
          form={id}
          variant={isDanger ? 'danger' : 'primary'}
          isLoading={editor.busy}
          isDisabled={!editor.valid || editor.busy}
        >
          {submit}
        </Button>
      }
    >
      <Form id={id} onSubmit={editor.submit}>
        {children}
        <Refused error={editor.refused} />
      </Form>
    </Dialog>
  );
}

export type Question = { title: string; text: ReactNode; word: string; button: string };

/** Asks for confirmation. If `word` is not empty, the user must type it. */
export function ConfirmDialog({ title, text, word, button, answer }: Question & { answer: (yes: boolean) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const submitted: Submitted = {
    valid: word === '' || typed === word,
    busy: false,
    submit: (event) => {
      event.preventDefault();
      answer(word === '' || typed === word);
    },
  };
  return (
    <FormDialog title={title} isWarning isDanger editor={submitted} submit={button} close={() => answer(false)}>
      {text}
      {word ? (
        <TextField
          label={t('Type {{word}} to continue', { word })}
          autoComplete="off"
          value={typed}
          onChange={setTyped}
        />
      ) : null}
    </FormDialog>
  );
}
