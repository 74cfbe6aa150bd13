/** Begins the recovery of an organisation's only owner. */
import { Textarea, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { toast } from '~/app/toasts';
import { Callout } from '~/ui/Callout';
import { api } from '../../../../api/client';
import type { Tenant } from '../../../../api/model';
import { ApprovalNote } from '../../../approvals/needed';
import { DialogForm, fieldErrors } from '../../../DialogForm';
import { ReasonField, reasonRule } from '../../../ReasonField';
import { refreshTenants } from '../../queries';

const rulesFor = (slug: string) =>
  z.object({
    email: z.string().check(z.trim(), z.email('Enter an e-mail address')),
    proof: z
      .string()
      .check(
        z.trim(),
        z.minLength(10, 'Say what was shown, in 10 characters at least'),
        z.maxLength(500, 'At most 500 characters'),
      ),
    reason: reasonRule,
    confirm: z.string().check(z.refine((typed) => typed === slug, `Type: ${slug}`)),
  });

export default function RecoverOwner({ tenant, onDone }: { tenant: Tenant; onDone: () => void }) {
  const queryClient = useQueryClient();
  const slug = tenant.slug ?? '';
  const rules = rulesFor(slug);
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { email: '', proof: '', reason: '', confirm: '' },
    validate: schemaResolver(rules, { sync: true }),
  });
  const begin = useMutation({
    meta: { handlesProblems: true },
    mutationFn: (values: typeof form.values) => {
      const typed = rules.parse(values);
      // One line, as the API asks for.
      const body = { ...typed, proof: typed.proof.replaceAll(/\s+/g, ' ') };
      const params = { path: { id: tenant.id } };
      return api.POST('/api/v1/tenants/{id}/recovery', { params, body });
    },
    onSuccess: ({ data }) => {
      const asked = data && 'approval' in data;
      toast(asked ? 'Asked: it waits for another operator to approve' : 'Every member is told');
      onDone();
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
    onSettled: () => refreshTenants(queryClient),
  });
  return (
    <DialogForm
      label="Recover the owner"
      destructive
      pending={begin.isPending}
      error={begin.error}
      onSubmit={form.onSubmit((values) => begin.mutate(values))}
      onCancel={onDone}
    >
      <Callout tone="down" title="Whoever reads mail there will own the organisation">
        Every member gets a mail at once, and the owner can stop it. After the waiting time a link
        to a new password goes to the address; every other way into the account ends with it.
      </Callout>
      <ApprovalNote verb="recover" />
      <TextInput
        label="The owner’s new address"
        type="email"
        autoComplete="off"
        data-autofocus
        key={form.key('email')}
        {...form.getInputProps('email')}
      />
      <Textarea
        label="What was shown as proof"
        description="For the operators’ audit log alone."
        rows={3}
        maxLength={500}
        key={form.key('proof')}
        {...form.getInputProps('proof')}
      />
      <ReasonField
        shown
        description="For the operators’ audit log alone."
        key={form.key('reason')}
        {...form.getInputProps('reason')}
      />
      <TextInput
        label="Confirm"
        description={`Type the organisation’s slug: ${slug}`}
        autoComplete="off"
        key={form.key('confirm')}
        {...form.getInputProps('confirm')}
      />
    </DialogForm>
  );
}
