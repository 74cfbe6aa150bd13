/** The operators' sign-in: address, password and code in one form, so that nobody learns which was wrong. */
import { Button, Stack, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useRouter } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { Problem, problemText } from '~/api/problem';
import { safeNext } from '~/app/next';
import { formatWait } from '~/format/time';
import { Callout } from '~/ui/Callout';
import { FrontDoor } from '~/ui/FrontDoor';
import { SecretInput } from '~/ui/SecretInput';
import { useSecondsUntil } from '~/ui/useNow';
import { $api } from '../../api/client';

const credentials = z.object({
  email: z.string().check(z.trim(), z.minLength(1, 'Enter your e-mail address')),
  password: z.string().check(z.minLength(1, 'Enter your password')),
  // Apps show a gap in the middle.
  code: z.string().check(z.regex(/^\s*\d{3}\s*\d{3}\s*$/, 'Enter the six digits of your app')),
});

export function SignIn({ next }: { next?: string }) {
  const router = useRouter();
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { email: '', password: '', code: '' },
    validate: schemaResolver(credentials, { sync: true }),
  });
  const signIn = $api.useMutation('post', '/api/v1/session', {
    meta: { handlesProblems: true },
    onSuccess: () => router.history.push(safeNext(next)),
    // A code is good once, whatever came of it.
    onError: () => form.setFieldValue('code', ''),
  });

  return (
    <FrontDoor eyebrow="Operators" title="Sign in">
      <form
        noValidate
        onSubmit={form.onSubmit((values) => signIn.mutate({ body: credentials.parse(values) }))}
      >
        <Stack>
          {signIn.isError && <Refusal error={signIn.error} at={signIn.submittedAt} />}
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            autoFocus
            key={form.key('email')}
            {...form.getInputProps('email')}
          />
          <SecretInput
            label="Password"
            autoComplete="current-password"
            key={form.key('password')}
            {...form.getInputProps('password')}
          />
          <TextInput
            label="Code"
            description="Six digits, from your authenticator app"
            inputMode="numeric"
            autoComplete="one-time-code"
            key={form.key('code')}
            {...form.getInputProps('code')}
          />
          <Button type="submit" loading={signIn.isPending || signIn.isSuccess}>
            Sign in
          </Button>
        </Stack>
      </form>
    </FrontDoor>
  );
}

function Refusal({ error, at }: { error: unknown; at: number }) {
  const wait = Problem.is(error) ? error.retryAfterSeconds : null;
  const left = useSecondsUntil(wait === null ? null : at + wait * 1_000);
  if (Problem.is(error) && error.code === 'invalid_credentials') {
    return (
      <Callout tone="down" title="That did not work">
        {problemText(error)}
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
