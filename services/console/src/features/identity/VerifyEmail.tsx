/** Spends the token of a verification link: once, and out of the address bar before anything else. */
import { Anchor, Button, Loader, Stack, Text, TextInput } from '@mantine/core';
import { Link, useLocation, useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { FrontDoor } from '~/ui/FrontDoor';
import { ResendVerification } from './ResendVerification';

const tokenOf = (fragment: string): string =>
  new URLSearchParams(fragment.replace(/^#/, '')).get('token') ?? '';

export function VerifyEmail() {
  const router = useRouter();
  const linked = useLocation({ select: ({ hash }) => tokenOf(hash) });
  const spent = useRef('');
  const verify = $api.useMutation('post', '/api/v1/auth/verify-email', {
    meta: { handlesProblems: true },
    onSuccess: () => router.navigate({ to: '/login', search: { verified: '1' }, replace: true }),
  });

  useEffect(() => {
    // A newer link opened in this tab changes the fragment only: another token, another attempt.
    if (!linked || linked === spent.current) return;
    spent.current = linked;
    // The fragment would otherwise stay in the history of a shared machine.
    router.history.replace(router.state.location.pathname);
    verify.mutate({ body: { token: linked } });
  }, [linked, router, verify.mutate]);

  if (verify.isError) {
    return <Refusal error={verify.error} retry={() => verify.mutate(verify.variables)} />;
  }
  if (verify.isIdle && !linked) {
    return <NewLink title="This link is incomplete" why="Its secret part is missing." />;
  }
  return (
    <FrontDoor eyebrow="Verification" title="Verifying your address">
      <Loader role="status" aria-label="Verifying" />
    </FrontDoor>
  );
}

function Refusal({ error, retry }: { error: unknown; retry: () => void }) {
  const code = Problem.is(error) ? error.code : '';
  if (code === 'token_expired') {
    return <NewLink title="This link has expired" why="Links work for 48 hours." />;
  }
  if (code === 'token_not_found') {
    return (
      <NewLink
        title="This link no longer works"
        why="It was used already, or a newer one replaced it."
      />
    );
  }
  return (
    <FrontDoor eyebrow="Verification" title="That did not work">
      <Text role="alert">{problemText(error)}</Text>
      <Button onClick={retry}>Try again</Button>
    </FrontDoor>
  );
}

function NewLink({ title, why }: { title: string; why: string }) {
  const [email, setEmail] = useState('');
  return (
    <FrontDoor eyebrow="Verification" title={title}>
      <Text role="alert">{why} Enter your address and we send a new one.</Text>
      <Stack>
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        {email.includes('@') && <ResendVerification email={email.trim()} />}
      </Stack>
      <Text size="sm">
        Verified already?{' '}
        <Anchor component={Link} to="/login" size="sm">
          Sign in
        </Anchor>
      </Text>
    </FrontDoor>
  );
}
