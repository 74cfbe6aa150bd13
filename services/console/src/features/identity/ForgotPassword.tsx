/** Asking for a link to a new password. The answer never says whether the address is known. */
import { Anchor, Button, Stack, Text, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { Link } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { $api } from '~/api/client';
import { problemText } from '~/api/problem';
import { Callout } from '~/ui/Callout';
import { FrontDoor } from '~/ui/FrontDoor';

const address = z.object({
  email: z.email({ error: 'Enter an e-mail address, such as you@example.com' }),
});

export function ForgotPassword({ email }: { email: string }) {
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { email },
    validate: schemaResolver(address, { sync: true }),
  });
  const ask = $api.useMutation('post', '/api/v1/auth/forgot-password', {
    meta: { handlesProblems: true },
  });
  return (
    <FrontDoor eyebrow={location.host} title="A new password">
      {ask.isSuccess ? (
        <Callout title="Look in your inbox">
          If {ask.variables.body.email} has an account here, a link is on its way. It works once,
          for an hour.
        </Callout>
      ) : (
        <Text>Enter your address, and we send you a link to choose another password.</Text>
      )}
      <form noValidate onSubmit={form.onSubmit((body) => ask.mutate({ body }))}>
        <Stack>
          {ask.isError && (
            <Callout tone="down" title="That did not work">
              {problemText(ask.error)}
            </Callout>
          )}
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            autoFocus
            key={form.key('email')}
            {...form.getInputProps('email')}
          />
          <Button type="submit" loading={ask.isPending}>
            {ask.isSuccess ? 'Send another link' : 'Send a link'}
          </Button>
        </Stack>
      </form>
      <Anchor component={Link} to="/login" size="sm">
        Back to signing in
      </Anchor>
    </FrontDoor>
  );
}
