/** Something with a secret to be made, and the secret, shown once. Its two steps are loaded when it opens. */
import { Loader, Modal } from '@mantine/core';
import { type ComponentType, Suspense, useState } from 'react';
import { useNarrow } from './useNarrow';

interface Props {
  /** What it is called, `key`: "Make a key", "Your key". */
  what: string;
  Make: ComponentType<{ onMade: (secret: string) => void; onCancel: () => void }>;
  Made: ComponentType<{ secret: string; onDone: () => void }>;
  onClose: () => void;
}

export function SecretDialog({ what, Make, Made, onClose }: Props) {
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
      title={secret ? `Your ${what}` : `Make a ${what}`}
    >
      <Suspense fallback={<Loader aria-label="Loading" />}>
        {secret ? (
          <Made secret={secret} onDone={onClose} />
        ) : (
          <Make onMade={setSecret} onCancel={onClose} />
        )}
      </Suspense>
    </Modal>
  );
}
