/** Another plan, and how many endpoints go with it. */
import { NumberInput, Select } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { toast } from '~/app/toasts';
import { $api } from '../../../../api/client';
import type { Tenant } from '../../../../api/model';
import { DialogForm, fieldErrors } from '../../../DialogForm';
import { ReasonField, reasonMay } from '../../../ReasonField';
import { refreshTenants } from '../../queries';
import { PLANS } from '../../state';

const rules = z.object({
  plan: z.enum(PLANS, 'Choose a plan'),
  endpoints: z.union([
    z.literal(''),
    z.number().check(z.int('Enter a whole number'), z.minimum(0), z.maximum(1_000_000)),
  ]),
  reason: reasonMay,
});

export default function ChangePlan({ tenant, onDone }: { tenant: Tenant; onDone: () => void }) {
  const queryClient = useQueryClient();
  const form = useForm<{ plan: string; endpoints: number | string; reason: string }>({
    mode: 'uncontrolled',
    initialValues: { plan: tenant.plan, endpoints: '', reason: '' },
    validate: schemaResolver(rules, { sync: true }),
  });
  const change = $api.useMutation('post', '/api/v1/tenants/{id}/plan', {
    meta: { handlesProblems: true },
    onSuccess: ({ plan, changed }) => {
      toast(changed ? `On the plan ${plan}` : 'That is its plan already');
      onDone();
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
    onSettled: () => refreshTenants(queryClient),
  });
  return (
    <DialogForm
      label="Change plan"
      pending={change.isPending}
      error={change.error}
      onSubmit={form.onSubmit((values) => {
        const { plan, endpoints, reason } = rules.parse(values);
        const body = {
          plan,
          ...(endpoints === '' ? {} : { endpoints }),
          ...(reason ? { reason } : {}),
        };
        change.mutate({ params: { path: { id: tenant.id } }, body });
      })}
      onCancel={onDone}
    >
      <Select
        label="Plan"
        data={[...PLANS]}
        allowDeselect={false}
        data-autofocus
        key={form.key('plan')}
        {...form.getInputProps('plan')}
      />
      <NumberInput
        label="Endpoints (optional)"
        description="Left empty, as many as before. What is there above it stays."
        min={0}
        max={1_000_000}
        hideControls
        allowDecimal={false}
        key={form.key('endpoints')}
        {...form.getInputProps('endpoints')}
      />
      <ReasonField key={form.key('reason')} {...form.getInputProps('reason')} />
    </DialogForm>
  );
}
