/** Another address and another name. */
import { TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { toast } from '~/app/toasts';
import { Callout } from '~/ui/Callout';
import { $api } from '../../../../api/client';
import type { Tenant } from '../../../../api/model';
import { DialogForm, fieldErrors } from '../../../DialogForm';
import { ReasonField, reasonMay } from '../../../ReasonField';
import { refreshTenants } from '../../queries';

const rules = z.object({
  slug: z
    .string()
    .check(
      z.trim(),
      z.regex(/^(?=.{3,40}$)[a-z0-9]+(-[a-z0-9]+)*$/, '3 to 40 of a-z, 0-9 and single hyphens'),
    ),
  name: z.string().check(z.trim(), z.minLength(1, 'Enter a name'), z.maxLength(120)),
  reason: reasonMay,
});

export default function Rename({ tenant, onDone }: { tenant: Tenant; onDone: () => void }) {
  const queryClient = useQueryClient();
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { slug: tenant.slug ?? '', name: tenant.name ?? '', reason: '' },
    validate: schemaResolver(rules, { sync: true }),
  });
  const rename = $api.useMutation('post', '/api/v1/tenants/{id}/rename', {
    meta: { handlesProblems: true },
    onSuccess: ({ host, changed }) => {
      toast(changed ? `Now on ${host}` : 'That is its name already');
      onDone();
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
    onSettled: () => refreshTenants(queryClient),
  });
  return (
    <DialogForm
      label="Rename"
      pending={rename.isPending}
      error={rename.error}
      onSubmit={form.onSubmit((values) => {
        const { slug, name, reason } = rules.parse(values);
        const body = { slug, name, ...(reason ? { reason } : {}) };
        rename.mutate({ params: { path: { id: tenant.id } }, body });
      })}
      onCancel={onDone}
    >
      <Callout title="Another address">
        The old one leads to the new one for 90 days. Whoever is signed in has to sign in again
        there.
      </Callout>
      <TextInput
        label="Slug"
        description="The first label of its address"
        autoComplete="off"
        data-autofocus
        key={form.key('slug')}
        {...form.getInputProps('slug')}
      />
      <TextInput
        label="Name"
        autoComplete="off"
        key={form.key('name')}
        {...form.getInputProps('name')}
      />
      <ReasonField key={form.key('reason')} {...form.getInputProps('reason')} />
    </DialogForm>
  );
}
