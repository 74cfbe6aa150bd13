/** Sign-in on the root host: it knows no accounts, so the workspaces come by mail. */

import { Anchor, Button, Stack, Text, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { Link } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { formatWait } from '~/format/time';
import { Callout } from '~/ui/Callout';
import { FrontDoor } from '~/ui/FrontDoor';
import { useSecondsUntil } from '~/ui/useNow';

const input = z.object({
  email: z.email({ error: 'Enter an e-mail address, such as you@example.com' }),
});

export function FindWorkspace() {
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { email: '' },
    validate: schemaResolver(input, { sync: true }),
  });
  const find = $api.useMutation('post', '/api/v1/auth/find-workspaces', {
    meta: { handlesProblems: true },
    onError: (error) => {
      if (Problem.is(error)) form.setErrors(error.fieldMessages());
    },
  });
  const wait = Problem.is(find.error) ? find.error.retryAfterSeconds : null;
  const left = useSecondsUntil(wait === null ? null : find.submittedAt + wait * 1_000);

  return (
    <FrontDoor eyebrow="Sign in" title="Find my workspace">
      <Text>
        Every organisation signs in at its own address. Enter your e-mail and we send you a list of
        yours.
      </Text>
      {find.isSuccess && (
        <Callout title="Look in your inbox">
          If {find.variables.body.email} belongs to a workspace, a mail with its address is on the
          way.
        </Callout>
      )}
      {find.isError && Object.keys(form.errors).length === 0 && (
        <Callout tone="down" title="That did not work">
          {problemText(find.error)}
          {left > 0 && ` Try again in ${formatWait(left)}.`}
        </Callout>
      )}
      <form
        noValidate
        onSubmit={form.onSubmit(({ email }) => find.mutate({ body: { email: email.trim() } }))}
      >
        <Stack>
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="email"
            key={form.key('email')}
            {...form.getInputProps('email')}
          />
          <Button type="submit" loading={find.isPending} disabled={left > 0}>
            Send me the list
          </Button>
        </Stack>
      </form>
      <Text size="sm">
        No workspace yet?{' '}
        <Anchor component={Link} to="/site/register" size="sm">
          Create one
        </Anchor>
      </Text>
    </FrontDoor>
  );
}
