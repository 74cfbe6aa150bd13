/** A token to be made, and its secret, shown once. */
import { Loader, Modal } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useNarrow } from '~/ui/useNarrow';

const MakeToken = lazy(() => import('./MakeToken'));
const TokenMade = lazy(() => import('./TokenMade'));

export function TokenDialog({ onClose }: { onClose: () => void }) {
  const narrow = useNarrow();
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Modal
      opened
      onClose={onClose}
      size={520}
      fullScreen={narrow}
      // The secret is shown once: nobody closes it by a slip.
      closeOnClickOutside={!secret}
      closeOnEscape={!secret}
      withCloseButton={!secret}
      title={secret ? 'Your token' : 'Make a token'}
    >
      <Suspense fallback={<Loader aria-label="Loading" />}>
        {secret ? (
          <TokenMade secret={secret} onDone={onClose} />
        ) : (
          <MakeToken onMade={setSecret} onCancel={onClose} />
        )}
      </Suspense>
    </Modal>
  );
}
