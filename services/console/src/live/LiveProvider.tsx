/** One live connection for the signed-in console, and the hooks that listen to it. */
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useEffectEvent,
  useState,
  useSyncExternalStore,
} from 'react';
import { leaveForSignIn } from '~/app/signIn';
import { LiveClient, type LiveStatus } from './client';
import { createInvalidator } from './hints';
import type { Hint } from './messages';

/** While deaf, ask. */
const POLL_MS = 30_000;

const Context = createContext<LiveClient | null>(null);

function useClient(): LiveClient {
  const client = useContext(Context);
  if (!client) throw new Error('no LiveProvider above');
  return client;
}

export function LiveProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient();
  const router = useRouter();
  const [client] = useState(() => {
    const url = `${location.origin.replace(/^http/, 'ws')}/api/v1/live`;
    return new LiveClient(url, {
      // Requests under way keep going; what has arrived is asked for again.
      onGap: () => void queryClient.invalidateQueries({}, { cancelRefetch: false }),
      onSessionOver: () => leaveForSignIn(router, queryClient),
    });
  });

  useEffect(() => {
    const invalidator = createInvalidator(queryClient);
    const silence = client.onHint(invalidator.hear);
    const leave = client.join('org');
    client.open();
    const poll = setInterval(() => {
      if (client.snapshot().state !== 'live') void queryClient.invalidateQueries();
    }, POLL_MS);
    return () => {
      clearInterval(poll);
      silence();
      leave();
      client.close();
      invalidator.stop();
    };
  }, [client, queryClient]);

  return <Context value={client}>{children}</Context>;
}

export function useLiveStatus(): LiveStatus {
  const client = useClient();
  return useSyncExternalStore(client.subscribe, client.snapshot);
}

export const useRetryNow = (): (() => void) => useClient().retryNow;

/** Stays in a room while mounted and hears every hint of it. */
export function useRoom(room: string, onHint: (hint: Hint) => void): void {
  const client = useClient();
  const hear = useEffectEvent(onHint);
  useEffect(() => {
    const leave = client.join(room);
    const silence = client.onHint((hint) => {
      if (hint.room === room) hear(hint);
    });
    return () => {
      silence();
      leave();
    };
  }, [client, room]);
}
