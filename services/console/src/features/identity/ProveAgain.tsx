/** Asks for the password when a request is refused without a recent proof. The request is then sent again. */
import { Loader, Modal } from '@mantine/core';
import { lazy, Suspense, useEffect, useState } from 'react';
import { setAsker } from '~/api/proof';

const ProveAgainForm = lazy(() => import('./ProveAgainForm'));

type Answer = (proven: boolean) => void;

export function ProveAgain() {
  const [answer, setAnswer] = useState<{ give: Answer } | null>(null);
  useEffect(() => setAsker(() => new Promise((give) => setAnswer({ give }))), []);
  const end = (proven: boolean) => {
    answer?.give(proven);
    setAnswer(null);
  };
  return (
    <Modal
      opened={answer !== null}
      onClose={() => end(false)}
      title="Is it still you?"
      // Above the dialog whose request was refused.
      zIndex={300}
    >
      <Suspense fallback={<Loader aria-label="Loading" />}>
        <ProveAgainForm onProven={() => end(true)} onCancel={() => end(false)} />
      </Suspense>
    </Modal>
  );
}
