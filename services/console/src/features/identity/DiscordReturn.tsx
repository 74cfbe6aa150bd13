/** Back from Discord: spends the code in the address once, to sign in or to link. */
import { Anchor, Button, Loader, Stack, Text, TextInput } from '@mantine/core';
import { Link, useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { safeNext } from '~/app/next';
import { toast } from '~/app/toasts';
import { Callout } from '~/ui/Callout';
import { FrontDoor } from '~/ui/FrontDoor';
import { type Begun, TURNED, takeBegun } from './discord';
import { ProveAgain } from './ProveAgain';

interface Arrived {
  begun: Begun | null;
  code: string;
  error: string;
  next: string | undefined;
}

function arrive(): Arrived {
  const fragment = new URLSearchParams(location.hash.replace(/^#/, ''));
  return {
    begun: takeBegun(),
    code: fragment.get('code') ?? '',
    error: fragment.get('error') ?? '',
    next: fragment.get('next') ?? undefined,
  };
}

export function DiscordReturn() {
  const router = useRouter();
  const [arrived, setArrived] = useState<Arrived | null>(null);
  const began = useRef(false);
  useEffect(() => {
    // What is kept is taken once, however often this is run.
    if (began.current) return;
    began.current = true;
    setArrived(arrive());
    // The fragment would otherwise stay in the history of a shared machine.
    router.history.replace(router.state.location.pathname);
  }, [router]);

  if (!arrived) return <Waiting />;
  const { begun, code, error, next } = arrived;
  if (error || !code || !begun) {
    return <Refused why={TURNED[error] ?? 'This began in another window. Begin again here.'} />;
  }
  const handed = { code, page: begun.page };
  if (begun.intent === 'link') return <Linking handed={handed} />;
  return <SigningIn handed={handed} next={next} />;
}

interface Handed {
  code: string;
  page: string;
}

function SigningIn({ handed, next }: { handed: Handed; next: string | undefined }) {
  const router = useRouter();
  const [typed, setTyped] = useState('');
  const [asked, setAsked] = useState(false);
  const exchange = $api.useMutation('post', '/api/v1/auth/discord/exchange', {
    meta: { handlesProblems: true },
    onSuccess: () => router.history.push(safeNext(next)),
    onError: (error) => {
      const more = Problem.is(error) && error.code === 'second_factor_required';
      setAsked((before) => before || more);
    },
  });
  useOnce(() => exchange.mutate({ body: handed }));

  const code = Problem.is(exchange.error) ? exchange.error.code : '';
  if (asked && code !== 'invalid_hand_over') {
    return (
      <FrontDoor eyebrow="Discord" title="One more step">
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            exchange.mutate({ body: { ...handed, totp_code: typed.trim() } });
          }}
        >
          <Stack>
            {code === 'invalid_code' && (
              <Callout tone="down" title="That did not work">
                {problemText(exchange.error)}
              </Callout>
            )}
            <TextInput
              label="Code"
              description="Six digits from your authenticator app, or a recovery code."
              autoComplete="one-time-code"
              autoFocus
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
            <Button type="submit" disabled={!typed.trim()} loading={exchange.isPending}>
              Sign in
            </Button>
          </Stack>
        </form>
      </FrontDoor>
    );
  }
  if (exchange.isError) return <Refused why={problemText(exchange.error)} />;
  return <Waiting />;
}

function Linking({ handed }: { handed: Handed }) {
  const router = useRouter();
  const link = $api.useMutation('post', '/api/v1/me/identities', {
    meta: { handlesProblems: true },
    onSuccess: () => {
      toast('Discord signs you in from now on');
      return router.navigate({ to: '/account/security', replace: true });
    },
  });
  useOnce(() => link.mutate({ body: handed }));
  if (link.isError) {
    return <Refused why={problemText(link.error)} back="/account/security" label="Back" />;
  }
  return (
    <>
      <Waiting />
      <ProveAgain />
    </>
  );
}

function useOnce(work: () => void) {
  const done = useRef(false);
  useEffect(() => {
    if (done.current) return;
    done.current = true;
    work();
  });
}

function Waiting() {
  return (
    <FrontDoor eyebrow="Discord" title="Coming back from Discord">
      <Loader role="status" aria-label="One moment" />
    </FrontDoor>
  );
}

interface RefusedProps {
  why: string;
  back?: '/login' | '/account/security';
  label?: string;
}

function Refused({ why, back = '/login', label = 'Back to sign in' }: RefusedProps) {
  return (
    <FrontDoor eyebrow="Discord" title="That did not work">
      <Text role="alert">{why}</Text>
      <Anchor component={Link} to={back} size="sm">
        {label}
      </Anchor>
    </FrontDoor>
  );
}
