/** "Send again", wherever a verification mail may be missing. The answer never says whether the address is known. */

import { Button, Text } from '@mantine/core';
import { useState } from 'react';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { formatWait } from '~/format/time';
import { useSecondsUntil } from '~/ui/useNow';

/** Mail takes a moment; asking again sooner only makes the first link invalid. */
const COOLDOWN_S = 60;

export function ResendVerification({ email }: { email: string }) {
  const [until, setUntil] = useState<number | null>(null);
  const left = useSecondsUntil(until);
  const wait = (seconds: number) => setUntil(Date.now() + seconds * 1_000);
  const resend = $api.useMutation('post', '/api/v1/auth/resend-verification', {
    meta: { handlesProblems: true },
    onSuccess: () => wait(COOLDOWN_S),
    onError: (error) => wait((Problem.is(error) && error.retryAfterSeconds) || 0),
  });

  return (
    <div>
      <Button
        variant="default"
        loading={resend.isPending}
        disabled={left > 0}
        onClick={() => resend.mutate({ body: { email } })}
      >
        {left > 0 ? `Send again in ${formatWait(left)}` : 'Send again'}
      </Button>
      <Text
        size="sm"
        c={resend.isError ? 'var(--mantine-color-error)' : 'dimmed'}
        mt="xs"
        role="status"
      >
        {resend.isSuccess &&
          `Sent, if ${email} is waiting to be verified. Older links no longer work.`}
        {resend.isError && problemText(resend.error)}
      </Text>
    </div>
  );
}
