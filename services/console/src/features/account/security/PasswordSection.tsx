/** Another password, or a first one. */
import { Button, Group, Stack, Text } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import * as z from 'zod/mini';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { toast } from '~/app/toasts';
import { NewPassword, newPassword, sameTwice } from '~/features/identity/NewPassword';
import { useMe } from '~/features/identity/session';
import { Ago } from '~/ui/Ago';
import { Callout } from '~/ui/Callout';
import { SecretInput } from '~/ui/SecretInput';
import { Section } from '~/ui/Section';
import { securityQuery } from './query';

interface PasswordSectionProps {
  hasPassword: boolean;
  changedAt: string | null;
}

export function PasswordSection({ hasPassword, changedAt }: PasswordSectionProps) {
  const [open, setOpen] = useState(false);
  return (
    <Section
      title="Password"
      note={changedAt && <Ago at={changedAt} />}
      actions={
        !open && (
          <Button variant="default" onClick={() => setOpen(true)}>
            {hasPassword ? 'Change' : 'Set a password'}
          </Button>
        )
      }
    >
      {open ? (
        <PasswordForm hasPassword={hasPassword} onDone={() => setOpen(false)} />
      ) : (
        <Text size="sm" c="dimmed">
          {hasPassword
            ? 'Changing it signs out every other browser and program of yours.'
            : 'You sign in without one.'}
        </Text>
      )}
    </Section>
  );
}

const present = z.object({
  ...newPassword,
  current_password: z.string().check(z.minLength(1, 'Enter your present password')),
});
const first = z.object({ ...newPassword, current_password: z.string() });

function PasswordForm({ hasPassword, onDone }: { hasPassword: boolean; onDone: () => void }) {
  const { user, organization } = useMe();
  const queryClient = useQueryClient();
  const form = useForm({
    initialValues: { current_password: '', password: '', again: '' },
    validate: schemaResolver((hasPassword ? present : first).check(sameTwice), { sync: true }),
  });
  const outcome = {
    meta: { handlesProblems: true },
    onSuccess: () => {
      toast('Your password is changed');
      void queryClient.invalidateQueries({ queryKey: securityQuery.queryKey });
      onDone();
    },
    onError: (error: unknown) => {
      if (Problem.is(error)) form.setErrors(error.fieldMessages());
    },
  };
  const change = $api.useMutation('put', '/api/v1/me/password', outcome);
  const set = $api.useMutation('post', '/api/v1/me/password', outcome);
  const sent = hasPassword ? change : set;
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ current_password, password }) =>
        hasPassword
          ? change.mutate({ body: { current_password, password } })
          : set.mutate({ body: { password } }),
      )}
    >
      <Stack maw={420}>
        {sent.isError && Object.keys(form.errors).length === 0 && (
          <Callout tone="down" title="The password stays as it is">
            {problemText(sent.error)}
          </Callout>
        )}
        <input type="hidden" autoComplete="username" value={user.email} readOnly />
        {hasPassword && (
          <SecretInput
            label="Present password"
            autoComplete="current-password"
            data-autofocus
            {...form.getInputProps('current_password')}
          />
        )}
        <NewPassword
          form={form}
          password={form.values.password}
          organizationName={organization.name}
          email={user.email}
        />
        <Group>
          <Button type="submit" loading={sent.isPending}>
            {hasPassword ? 'Change my password' : 'Set my password'}
          </Button>
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
