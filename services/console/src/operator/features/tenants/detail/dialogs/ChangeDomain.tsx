/** Releases a domain, or makes a host the one where the console signs in. */
import { schemaResolver, useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { toast } from '~/app/toasts';
import { Callout } from '~/ui/Callout';
import { api } from '../../../../api/client';
import type { Tenant } from '../../../../api/model';
import { DialogForm } from '../../../DialogForm';
import { ReasonField, reasonMay } from '../../../ReasonField';
import { refreshTenants } from '../../queries';

interface ChangeDomainProps {
  tenant: Tenant;
  kind: 'remove-domain' | 'use-domain';
  host: string;
  onDone: () => void;
}

export default function ChangeDomain({ tenant, kind, host, onDone }: ChangeDomainProps) {
  const queryClient = useQueryClient();
  const removes = kind === 'remove-domain';
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { reason: '' },
    validate: schemaResolver(z.object({ reason: reasonMay }), { sync: true }),
  });
  const change = useMutation({
    meta: { handlesProblems: true },
    mutationFn: (reason: string) => {
      const body = { host, ...(reason ? { reason } : {}) };
      const asked = { params: { path: { id: tenant.id } }, body };
      return removes
        ? api.POST('/api/v1/tenants/{id}/domains/remove', asked)
        : api.POST('/api/v1/tenants/{id}/domains/use', asked);
    },
    onSuccess: () => {
      toast(removes ? `${host} was released` : `The console signs in at ${host}`);
      onDone();
    },
    onSettled: () => refreshTenants(queryClient),
  });
  return (
    <DialogForm
      label={removes ? 'Release' : 'Sign in here'}
      destructive={removes}
      pending={change.isPending}
      error={change.error}
      onSubmit={form.onSubmit(({ reason }) => change.mutate(reason.trim()))}
      onCancel={onDone}
    >
      <Callout tone={removes ? 'down' : 'plain'} title={host}>
        {removes
          ? 'It is dead at once. To have it back, its record has to be published anew.'
          : 'The console signs in there from now on; the other addresses lead to it.'}
      </Callout>
      <ReasonField data-autofocus key={form.key('reason')} {...form.getInputProps('reason')} />
    </DialogForm>
  );
}
