import {
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
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { client } from '../api/client';
import { useActs } from './acts';

/** Pauses a plan, until a moment in the reader's own time or until somebody resumes it. */
export function PauseDialog({ plan, close }: { plan: string; close: () => void }) {
  const { t } = useTranslation();
  const { act } = useActs();
  const [until, setUntil] = useState('');
  const pause = async (event: FormEvent) => {
    event.preventDefault();
    const done = await act(
      () =>
        client.PUT('/plans/{name}/pause', {
          params: { path: { name: plan } },
          body: { until: until ? new Date(until).toISOString() : null },
        }),
      t('Nothing is ordered by this plan'),
    );
    if (done) {
      close();
    }
  };
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="pause-title">
      <ModalHeader labelId="pause-title" title={t('Pause the plan {{name}}', { name: plan })} />
      <ModalBody>
        <Form id="pause-form" onSubmit={(event) => void pause(event)}>
          <FormGroup label={t('Resumes at')} fieldId="pause-until">
            <TextInput id="pause-until" type="datetime-local" value={until} onChange={(_, value) => setUntil(value)} />
            <FormHelperText>
              <HelperText>
                <HelperTextItem>
                  {t(
                    'In your own time. The plan resumes by itself then, and no snapshot is overdue before. Empty: it stays paused until somebody resumes it, and its snapshots count as overdue.',
                  )}
                </HelperTextItem>
              </HelperText>
            </FormHelperText>
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="pause-form">
          {t('Pause')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('Cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
