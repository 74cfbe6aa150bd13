/** What a token is for, what it may do, for how long; and that it is really its owner who asks. */
import { Checkbox, Select, Stack, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { SecretInput } from '~/ui/SecretInput';
import { $api } from '../../../api/client';
import type { Permission } from '../../../api/model';
import { DialogForm, fieldErrors } from '../../DialogForm';
import { PERMISSIONS, useSession } from '../../identity/session';
import { refreshAccounts } from '../queries';

const DAYS = [
  { value: '7', label: 'A week' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
];

const rules = z.object({
  name: z.string().check(z.trim(), z.minLength(1, 'Say what it is for'), z.maxLength(120)),
  permissions: z.array(z.string()).check(z.minLength(1, 'Choose at least one')),
  days: z.string(),
  password: z.string().check(z.minLength(1, 'Enter your password')),
  code: z.string().check(z.regex(/^\s*\d{3}\s*\d{3}\s*$/, 'Enter the six digits of your app')),
});

interface MakeTokenProps {
  onMade: (secret: string) => void;
  onCancel: () => void;
}

export default function MakeToken({ onMade, onCancel }: MakeTokenProps) {
  const queryClient = useQueryClient();
  const { permissions } = useSession();
  const form = useForm({
    initialValues: {
      name: '',
      permissions: ['tenants_read'] as string[],
      days: '90',
      password: '',
      code: '',
    },
    validate: schemaResolver(rules, { sync: true }),
  });
  const make = $api.useMutation('post', '/api/v1/tokens', {
    meta: { handlesProblems: true },
    onSuccess: ({ secret }) => onMade(secret),
    onError: (error) => {
      // A code is good once, whatever came of it.
      form.setFieldValue('code', '');
      form.setErrors(fieldErrors(error));
    },
    onSettled: () => refreshAccounts(queryClient),
  });
  return (
    <DialogForm
      label="Make token"
      pending={make.isPending}
      error={make.error}
      onSubmit={form.onSubmit(({ days, permissions: chosen, ...typed }) =>
        make.mutate({
          body: { ...typed, permissions: chosen as Permission[], valid_days: Number(days) },
        }),
      )}
      onCancel={onCancel}
    >
      <TextInput
        label="Name"
        placeholder="Nightly report"
        autoComplete="off"
        data-autofocus
        {...form.getInputProps('name')}
      />
      <Checkbox.Group label="It may" {...form.getInputProps('permissions')}>
        <Stack gap={6} mt={4}>
          {permissions.map((each) => (
            <Checkbox key={each} value={each} label={PERMISSIONS[each]} />
          ))}
        </Stack>
      </Checkbox.Group>
      <Select label="Works for" allowDeselect={false} data={DAYS} {...form.getInputProps('days')} />
      <SecretInput
        label="Your password"
        autoComplete="current-password"
        {...form.getInputProps('password')}
      />
      <TextInput
        label="Code"
        description="Six digits, from your authenticator app"
        inputMode="numeric"
        autoComplete="one-time-code"
        {...form.getInputProps('code')}
      />
    </DialogForm>
  );
}
