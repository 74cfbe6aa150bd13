/** A key to be made, and its secret, shown once. */
import { Loader, Modal } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useNarrow } from '~/ui/useNarrow';

const MakeKey = lazy(() => import('./MakeKey'));
const KeyMade = lazy(() => import('./KeyMade'));

export function KeyDialog({ onClose }: { onClose: () => void }) {
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
      title={secret ? 'Your key' : 'Make a key'}
    >
      <Suspense fallback={<Loader aria-label="Loading" />}>
        {secret ? (
          <KeyMade secret={secret} onDone={onClose} />
        ) : (
          <MakeKey onMade={setSecret} onCancel={onClose} />
        )}
      </Suspense>
    </Modal>
  );
}
