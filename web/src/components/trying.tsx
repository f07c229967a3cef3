import { Button } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { useActions } from './actions';
import { Refused } from './editor';

/**
 * A button that tries what is typed in a form, without saving it, and the outcome below it. The outcome disappears when
 * the draft changes, since it says nothing about what is typed then.
 */
export function TryButton({
  draft,
  label,
  isDisabled,
  run,
}: {
  draft: object;
  label: string;
  isDisabled: boolean;
  run: () => Promise<ReactNode>;
}) {
  const { act } = useActions();
  const [outcome, setOutcome] = useState<{ of: string; passed?: ReactNode; refused?: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const now = JSON.stringify(draft);
  const click = async () => {
    setBusy(true);
    setOutcome(null);
    await act(
      async () => setOutcome({ of: now, passed: await run() }),
      '',
      (refused) => setOutcome({ of: now, refused }),
    );
    setBusy(false);
  };
  const shown = outcome?.of === now ? outcome : null;
  return (
    <>
      <div>
        <Button variant="secondary" isLoading={busy} isDisabled={isDisabled || busy} onClick={() => void click()}>
          {label}
        </Button>
      </div>
      {shown?.passed}
      <Refused error={shown?.refused} />
    </>
  );
}
