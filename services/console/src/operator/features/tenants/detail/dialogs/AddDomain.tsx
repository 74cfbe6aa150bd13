/** A domain of an organisation's own: what to publish, so that it is served. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { $api } from '../../../../api/client';
import type { Host, Tenant } from '../../../../api/model';
import { DialogForm, fieldErrors } from '../../../DialogForm';
import { ReasonField, reasonMay } from '../../../ReasonField';
import { refreshTenants } from '../../queries';
import classes from '../TenantPage.module.css';

const rules = z.object({
  host: z
    .string()
    .check(z.trim(), z.toLowerCase(), z.minLength(1, 'Enter a domain, like status.example.com')),
  reason: reasonMay,
});

export default function AddDomain({ tenant, onDone }: { tenant: Tenant; onDone: () => void }) {
  const queryClient = useQueryClient();
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { host: '', reason: '' },
    validate: schemaResolver(rules, { sync: true }),
  });
  const add = $api.useMutation('post', '/api/v1/tenants/{id}/domains', {
    meta: { handlesProblems: true },
    onError: (error) => form.setErrors(fieldErrors(error)),
    onSettled: () => refreshTenants(queryClient),
  });
  if (add.data) return <ToPublish host={add.data} onDone={onDone} />;
  return (
    <DialogForm
      label="Add domain"
      pending={add.isPending}
      error={add.error}
      onSubmit={form.onSubmit((values) => {
        const { host, reason } = rules.parse(values);
        const body = { host, ...(reason ? { reason } : {}) };
        add.mutate({ params: { path: { id: tenant.id } }, body });
      })}
      onCancel={onDone}
    >
      <TextInput
        label="Domain"
        placeholder="status.example.com"
        autoComplete="off"
        data-autofocus
        key={form.key('host')}
        {...form.getInputProps('host')}
      />
      <ReasonField key={form.key('reason')} {...form.getInputProps('reason')} />
    </DialogForm>
  );
}

function ToPublish({ host, onDone }: { host: Host; onDone: () => void }) {
  return (
    <Stack role="status">
      <Text>
        {host.host} is served once this record was seen in DNS, and the name leads to this service.
        It is looked for every few minutes, for a week.
      </Text>
      <div className={`num ${classes.record}`}>
        {host.record}. TXT &quot;{host.proof}&quot;
      </div>
      <Group justify="flex-end">
        <Button onClick={onDone} data-autofocus>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
