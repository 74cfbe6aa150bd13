/** What can be done about networks. The forms load on first use. */
import { Loader, Modal } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useNarrow } from '~/ui/useNarrow';
import type { Network } from '../../../api/model';

const SetNetwork = lazy(() => import('./SetNetwork'));
const RemoveNetwork = lazy(() => import('./RemoveNetwork'));

export type Asked = { kind: 'set'; network?: Network } | { kind: 'remove'; network: Network };

function titleOf({ kind, network }: Asked): string {
  if (!network) return 'Add network';
  return `${kind === 'set' ? 'Change' : 'Remove'} ${network.network}`;
}

export function NetworkDialogs({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const narrow = useNarrow();
  return (
    <Modal opened onClose={onClose} size={520} fullScreen={narrow} title={titleOf(asked)}>
      <Suspense fallback={<Loader aria-label="Loading" />}>
        {asked.kind === 'set' ? (
          <SetNetwork network={asked.network} onDone={onClose} />
        ) : (
          <RemoveNetwork network={asked.network} onDone={onClose} />
        )}
      </Suspense>
    </Modal>
  );
}
