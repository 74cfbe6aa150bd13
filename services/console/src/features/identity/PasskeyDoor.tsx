/** Signing in by a passkey: the button, and what the browser offers where the address is typed. */
import { Button, Stack } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { safeNext } from '~/app/next';
import { formatWait } from '~/format/time';
import { Callout } from '~/ui/Callout';
import { useSecondsUntil } from '~/ui/useNow';
import { offerPasskeys, showPasskey, thoughtBetter } from './passkeys';

export default function PasskeyDoor({ next }: { next?: string }) {
  const router = useRouter();
  const signIn = $api.useMutation('post', '/api/v1/auth/passkeys/session', {
    meta: { handlesProblems: true },
    onSuccess: () => router.history.push(safeNext(next)),
  });
  const [failure, setFailure] = useState<unknown>(null);
  const [asking, setAsking] = useState(false);
  // A browser waits for one passkey at a time: the button ends what is offered, and it is offered again after it.
  const [round, setRound] = useState(0);
  const offered = useRef<AbortController | null>(null);
  const use = useRef(signIn.mutate);
  use.current = signIn.mutate;
  // biome-ignore lint/correctness/useExhaustiveDependencies: every round offers once
  useEffect(() => {
    const controller = new AbortController();
    offered.current = controller;
    void offerPasskeys(controller.signal).then((body) => {
      if (body && !controller.signal.aborted) use.current({ body });
    });
    return () => controller.abort();
  }, [round, signIn.isError]);

  const ask = async () => {
    offered.current?.abort();
    setAsking(true);
    setFailure(null);
    try {
      signIn.mutate({ body: await showPasskey({}) });
    } catch (error) {
      if (!thoughtBetter(error)) setFailure(error);
      setRound((before) => before + 1);
    } finally {
      setAsking(false);
    }
  };
  const refused = failure ?? signIn.error;
  return (
    <Stack>
      {refused !== null && <Refusal error={refused} at={signIn.submittedAt} />}
      <Button
        variant="default"
        loading={asking || signIn.isPending || signIn.isSuccess}
        onClick={() => void ask()}
      >
        Sign in with a passkey
      </Button>
    </Stack>
  );
}

function Refusal({ error, at }: { error: unknown; at: number }) {
  const wait = Problem.is(error) ? error.retryAfterSeconds : null;
  const left = useSecondsUntil(wait === null ? null : at + wait * 1_000);
  return (
    <Callout tone="down" title="The passkey did not work">
      {Problem.is(error) ? problemText(error) : 'This browser could not use a passkey here.'}
      {left > 0 && ` Try again in ${formatWait(left)}.`}
    </Callout>
  );
}
