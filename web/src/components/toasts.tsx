import { Alert, AlertActionCloseButton, AlertGroup, Badge } from '@patternfly/react-core';
import { useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { note } from '../lib/notices';

type Message = { id: number; variant: 'success' | 'danger'; title: string; detail: string; times: number };

const MOST = 4;
const SHOWN_MILLIS = { success: 6000, danger: 15_000 };

/** The outcomes of operations that are shown at the moment. Equal ones are counted. */
export function useToasts() {
  const [messages, setMessages] = useState<Message[]>([]);
  const number = useRef(0);
  const notify = useCallback((variant: Message['variant'], title: string, detail = '') => {
    number.current++;
    note({ variant, title, detail });
    const id = number.current;
    setMessages((all) => {
      const same = all.find((each) => each.variant === variant && each.title === title && each.detail === detail);
      const others = all.filter((each) => each !== same);
      return [...others.slice(1 - MOST), { id, variant, title, detail, times: (same?.times ?? 0) + 1 }];
    });
  }, []);
  const close = useCallback((id: number) => setMessages((all) => all.filter((each) => each.id !== id)), []);
  return { messages, notify, close };
}

/** Messages at the lower right, which go away by themselves, but not while the pointer or the focus is on them. */
export function Toasts({ messages, close }: { messages: Message[]; close: (id: number) => void }) {
  const { t } = useTranslation();
  return (
    <AlertGroup isToast isLiveRegion aria-label={t('Messages')} className="hf-toasts">
      {messages.map(({ id, variant, title, detail, times }) => (
        <Alert
          key={id}
          variant={variant}
          title={
            times > 1 ? (
              <>
                {title} <Badge screenReaderText={t('times')}>{times}</Badge>
              </>
            ) : (
              title
            )
          }
          timeout={SHOWN_MILLIS[variant]}
          onTimeout={() => close(id)}
          actionClose={<AlertActionCloseButton aria-label={t('Close')} onClose={() => close(id)} />}
        >
          {detail}
        </Alert>
      ))}
    </AlertGroup>
  );
}
