/** The sign-in page of one organisation. */

import { Anchor, Button, Group, Skeleton, Stack, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { Link, useRouter } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import * as z from 'zod/mini';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { safeNext } from '~/app/next';
import { formatWait } from '~/format/time';
import { baseUrl } from '~/host';
import { Callout } from '~/ui/Callout';
import { FrontDoor } from '~/ui/FrontDoor';
import { SecretInput } from '~/ui/SecretInput';
import { useSecondsUntil } from '~/ui/useNow';
import { beginDiscord } from './discord';
import { ResendVerification } from './ResendVerification';
import { supportsPasskeys } from './supports';

const PasskeyDoor = lazy(() => import('./PasskeyDoor'));

const credentials = z.object({
  email: z.string().check(z.trim(), z.minLength(1, 'Enter your e-mail address')),
  password: z.string().check(z.minLength(1, 'Enter your password')),
  totp_code: z.string().check(z.trim()),
});

/** The password was right, and the account asks for more. */
const asksForCode = (error: unknown): boolean =>
  Problem.is(error) && ['second_factor_required', 'invalid_code'].includes(error.code);

export function SignIn({ next, verified }: { next?: string; verified: boolean }) {
  const router = useRouter();
  const organization = $api.useQuery('get', '/api/v1/organization', {}, { staleTime: Infinity });
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { email: '', password: '', totp_code: '' },
    validate: schemaResolver(credentials, { sync: true }),
  });
  const [tried, setTried] = useState('');
  const [asked, setAsked] = useState(false);
  /** When the next try is looked at. */
  const [until, setUntil] = useState<number | null>(null);
  const signIn = $api.useMutation('post', '/api/v1/auth/session', {
    meta: { handlesProblems: true },
    onSuccess: () => router.history.push(safeNext(next)),
    onError: (error) => {
      setAsked((before) => before || asksForCode(error));
      const wait = Problem.is(error) ? error.retryAfterSeconds : null;
      setUntil(wait === null ? null : Date.now() + wait * 1_000);
    },
  });

  const left = useSecondsUntil(until);

  return (
    <FrontDoor
      eyebrow={organization.data ? location.host : 'Signalbox'}
      title={organization.data ? `Sign in to ${organization.data.name}` : 'Sign in'}
    >
      {verified && (
        <Callout title="Your address is verified">
          Sign in and add the first thing to watch.
        </Callout>
      )}
      <form
        noValidate
        hidden={organization.data?.password_allowed === false}
        onSubmit={form.onSubmit((values) => {
          setTried(values.email.trim());
          const { totp_code, ...body } = credentials.parse(values);
          signIn.mutate({ body: totp_code ? { ...body, totp_code } : body });
        })}
      >
        <Stack>
          {signIn.isError && <Refusal error={signIn.error} left={left} email={tried} />}
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username webauthn"
            autoFocus
            // Another account does not wait for this one.
            onInput={() => setUntil(null)}
            key={form.key('email')}
            {...form.getInputProps('email')}
          />
          <SecretInput
            label="Password"
            autoComplete="current-password"
            key={form.key('password')}
            {...form.getInputProps('password')}
          />
          {asked && (
            <TextInput
              label="Code"
              description="Six digits from your authenticator app, or a recovery code."
              autoComplete="one-time-code"
              autoFocus
              key={form.key('totp_code')}
              {...form.getInputProps('totp_code')}
            />
          )}
          <Button type="submit" loading={signIn.isPending || signIn.isSuccess} disabled={left > 0}>
            {left > 0 ? `Try again in ${formatWait(left)}` : 'Sign in'}
          </Button>
        </Stack>
      </form>
      {supportsPasskeys() && organization.data?.sign_in_by.includes('passkey') !== false && (
        <Suspense fallback={<Skeleton height={36} />}>
          <PasskeyDoor {...(next ? { next } : {})} />
        </Suspense>
      )}
      {organization.data?.sign_in_by.includes('discord') && (
        <Button variant="default" onClick={() => location.assign(beginDiscord('sign_in', next))}>
          Sign in with Discord
        </Button>
      )}
      <Group justify="space-between">
        <Anchor
          renderRoot={(props) => (
            <Link {...props} to="/forgot-password" search={tried ? { email: tried } : {}} />
          )}
          size="sm"
        >
          Forgot your password?
        </Anchor>
        <Anchor href={`${baseUrl()}/login`} size="sm">
          Not your workspace? Find it by e-mail
        </Anchor>
      </Group>
    </FrontDoor>
  );
}

function Refusal({ error, left, email }: { error: unknown; left: number; email: string }) {
  const code = Problem.is(error) ? error.code : '';

  if (code === 'email_unverified') {
    return (
      <Callout tone="warn" title="Your address is not verified yet">
        <Stack gap="xs">
          Open the link we sent to {email}. If it is lost or too old, have it sent again.
          <ResendVerification email={email} />
        </Stack>
      </Callout>
    );
  }
  if (code === 'second_factor_required') {
    return <Callout title="One more step">Your account asks for a code as well.</Callout>;
  }
  if (code === 'invalid_credentials') {
    return (
      <Callout tone="down" title="That did not work">
        E-mail and password do not belong together in this workspace.
      </Callout>
    );
  }
  return (
    <Callout tone="down" title="Signing in is not possible right now">
      {problemText(error)}
      {left > 0 && ` Try again in ${formatWait(left)}.`}
    </Callout>
  );
}
