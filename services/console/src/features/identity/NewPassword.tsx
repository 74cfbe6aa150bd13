/** Two fields and the guide: a password that somebody chooses. */
import { Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import * as z from 'zod/mini';
import { PasswordGuide } from '~/features/registration/PasswordGuide';
import { fits, MAX_LENGTH, MIN_LENGTH } from '~/features/registration/passwordRules';
import { SecretInput } from '~/ui/SecretInput';

export const newPassword = {
  password: z.string().check(z.refine(fits, `Use ${MIN_LENGTH} to ${MAX_LENGTH} characters`)),
  again: z.string(),
};

/** The two are the same. */
export const sameTwice = z.refine<{ password: string; again: string }>(
  ({ password, again }) => password === again,
  { path: ['again'], error: 'The two passwords differ' },
);

interface NewPasswordProps<Values> {
  form: UseFormReturnType<Values>;
  password: string;
  organizationName: string;
  email: string;
}

export function NewPassword<Values>({
  form,
  password,
  organizationName,
  email,
}: NewPasswordProps<Values>) {
  return (
    <Stack>
      <SecretInput
        label="New password"
        autoComplete="new-password"
        {...form.getInputProps('password')}
      />
      <PasswordGuide password={password} context={{ organizationName, email }} />
      <SecretInput
        label="New password again"
        autoComplete="new-password"
        {...form.getInputProps('again')}
      />
    </Stack>
  );
}
