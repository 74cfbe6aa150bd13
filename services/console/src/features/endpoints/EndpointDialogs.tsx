/** Add and edit, openable from anywhere in the console. The forms load on first use. */
import { Loader, Modal } from '@mantine/core';
import {
  createContext,
  lazy,
  type ReactNode,
  Suspense,
  useContext,
  useMemo,
  useState,
} from 'react';
import type { Endpoint } from '~/api/model';
import { useNarrow } from '~/ui/useNarrow';

const AddEndpoint = lazy(() => import('./form/AddEndpoint'));
const EditEndpoint = lazy(() => import('./form/EditEndpoint'));

/** `like`: start from another endpoint's settings. */
export type DialogRequest = { kind: 'add'; like?: Endpoint } | { kind: 'edit'; id: string };

interface Dialogs {
  open: (request: DialogRequest) => void;
}

const Context = createContext<Dialogs | null>(null);

export function useEndpointDialogs(): Dialogs {
  const dialogs = useContext(Context);
  if (!dialogs) throw new Error('no EndpointDialogs above');
  return dialogs;
}

export function EndpointDialogs({ children }: { children: ReactNode }) {
  const [request, setRequest] = useState<DialogRequest | null>(null);
  const dialogs = useMemo(() => ({ open: setRequest }), []);
  const narrow = useNarrow();
  const close = () => setRequest(null);
  return (
    <Context value={dialogs}>
      {children}
      <Modal
        opened={request !== null}
        onClose={close}
        size={560}
        fullScreen={narrow}
        title={request?.kind === 'edit' ? 'Edit endpoint' : 'Add endpoint'}
      >
        <Suspense fallback={<Loader aria-label="Loading" />}>
          {request?.kind === 'add' && (
            <AddEndpoint {...(request.like ? { like: request.like } : {})} onDone={close} />
          )}
          {request?.kind === 'edit' && <EditEndpoint id={request.id} onDone={close} />}
        </Suspense>
      </Modal>
    </Context>
  );
}
