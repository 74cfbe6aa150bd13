/** A new operator: who, what they may do, and their first password. */
import { Select, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { Problem } from '~/api/problem';
import { SecretInput } from '~/ui/SecretInput';
import { $api } from '../../../api/client';
import type { Enrollment } from '../../../api/model';
import { DialogForm, fieldErrors } from '../../DialogForm';
import { ROLES } from '../../identity/session';
import { refreshAccounts } from '../queries';

export const ROLE_NAMES = ['support', 'operator', 'administrator'] as const;

const rules = z.object({
  name: z.string().check(z.trim(), z.minLength(1, 'Enter their name'), z.maxLength(120)),
  email: z.email({ error: 'Enter an e-mail address, such as you@example.com' }),
  role: z.enum(ROLE_NAMES, 'Choose a role'),
  password: z.string().check(z.minLength(12, 'Use 12 to 128 characters'), z.maxLength(128)),
});

interface CreateOperatorProps {
  onMade: (enrollment: Enrollment) => void;
  onCancel: () => void;
}

export default function CreateOperator({ onMade, onCancel }: CreateOperatorProps) {
  const queryClient = useQueryClient();
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { name: '', email: '', role: 'support', password: '' },
    validate: schemaResolver(rules, { sync: true }),
  });
  const create = $api.useMutation('post', '/api/v1/operators', {
    meta: { handlesProblems: true },
    onSuccess: onMade,
    onError: (error) =>
      form.setErrors(
        Problem.is(error) && error.code === 'email_taken'
          ? { email: error.message }
          : fieldErrors(error),
      ),
    onSettled: () => refreshAccounts(queryClient),
  });
  const taken = Problem.is(create.error) && create.error.code === 'email_taken';
  return (
    <DialogForm
      label="Add operator"
      pending={create.isPending}
      error={taken ? null : create.error}
      onSubmit={form.onSubmit((values) => create.mutate({ body: rules.parse(values) }))}
      onCancel={onCancel}
    >
      <TextInput
        label="Name"
        autoComplete="off"
        data-autofocus
        key={form.key('name')}
        {...form.getInputProps('name')}
      />
      <TextInput
        label="E-mail"
        type="email"
        autoComplete="off"
        key={form.key('email')}
        {...form.getInputProps('email')}
      />
      <Select
        label="Role"
        allowDeselect={false}
        data={ROLE_NAMES.map((value) => ({ value, label: ROLES[value] }))}
        key={form.key('role')}
        {...form.getInputProps('role')}
      />
      <SecretInput
        label="First password"
        description="12 to 128 characters. Tell it to them in person; they change it themselves."
        autoComplete="new-password"
        key={form.key('password')}
        {...form.getInputProps('password')}
      />
    </DialogForm>
  );
}
