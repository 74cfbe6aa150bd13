/** Another address to sign in with. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useState } from 'react';
import * as z from 'zod/mini';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { useMe } from '~/features/identity/session';
import { Callout } from '~/ui/Callout';
import { Section } from '~/ui/Section';

const wanted = z.object({
  email: z.email({ error: 'Enter an e-mail address, such as you@example.com' }),
});

export function EmailSection() {
  const { user } = useMe();
  const [open, setOpen] = useState(false);
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { email: '' },
    validate: schemaResolver(wanted, { sync: true }),
  });
  const ask = $api.useMutation('post', '/api/v1/me/email', {
    meta: { handlesProblems: true },
    onSuccess: () => setOpen(false),
    onError: (error) => {
      if (!Problem.is(error)) return;
      const taken = error.code === 'email_taken' ? { email: error.message } : {};
      form.setErrors({ ...taken, ...error.fieldMessages() });
    },
  });
  return (
    <Section
      title="E-mail"
      actions={
        !open && (
          <Button variant="default" onClick={() => setOpen(true)}>
            Change
          </Button>
        )
      }
    >
      <Stack maw={420}>
        <Text className="wrap">{user.email}</Text>
        {ask.isSuccess && !open && (
          <Callout title="Two links are on their way">
            Open the one we sent to {ask.variables.body.email} and the one we sent to {user.email}.
            Your address changes when both were opened, within a day.
          </Callout>
        )}
        {open && (
          <form noValidate onSubmit={form.onSubmit((body) => ask.mutate({ body }))}>
            <Stack>
              {ask.isError && Object.keys(form.errors).length === 0 && (
                <Callout tone="down" title="The address stays as it is">
                  {problemText(ask.error)}
                </Callout>
              )}
              <TextInput
                label="New address"
                description="We send a link to both addresses: the new one and the present one."
                type="email"
                autoComplete="email"
                key={form.key('email')}
                {...form.getInputProps('email')}
              />
              <Group>
                <Button type="submit" loading={ask.isPending}>
                  Send the links
                </Button>
                <Button variant="default" onClick={() => setOpen(false)}>
                  Cancel
                </Button>
              </Group>
            </Stack>
          </form>
        )}
      </Stack>
    </Section>
  );
}
