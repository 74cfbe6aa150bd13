/** Asks for a look inside an organisation, and gives the link: good once, for a minute. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { formatWait } from '~/format/time';
import { Callout } from '~/ui/Callout';
import { useSecondsUntil } from '~/ui/useNow';
import { $api } from '../../../../api/client';
import type { SupportLink, Tenant } from '../../../../api/model';
import { DialogForm, fieldErrors } from '../../../DialogForm';
import { ReasonField, reasonRule } from '../../../ReasonField';
import { refreshTenants } from '../../queries';

const rules = z.object({
  reason: reasonRule,
  ticket: z.string().check(z.trim(), z.maxLength(120)),
});

export default function LookInside({ tenant, onDone }: { tenant: Tenant; onDone: () => void }) {
  const queryClient = useQueryClient();
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { reason: '', ticket: '' },
    validate: schemaResolver(rules, { sync: true }),
  });
  const ask = $api.useMutation('post', '/api/v1/tenants/{id}/support', {
    meta: { handlesProblems: true },
    onError: (error) => form.setErrors(fieldErrors(error)),
    onSettled: () => refreshTenants(queryClient),
  });
  if (ask.data) return <Way link={ask.data} onDone={onDone} />;
  return (
    <DialogForm
      label="Ask for a link"
      pending={ask.isPending}
      error={ask.error}
      onSubmit={form.onSubmit((values) => {
        const { reason, ticket } = rules.parse(values);
        const body = { reason, ...(ticket ? { ticket } : {}) };
        ask.mutate({ params: { path: { id: tenant.id } }, body });
      })}
      onCancel={onDone}
    >
      <Callout title="At most 15 minutes, and nothing can be changed">
        You see what a viewer sees. Its owners get a mail with your name and the reason.
      </Callout>
      <ReasonField
        shown
        data-autofocus
        key={form.key('reason')}
        {...form.getInputProps('reason')}
      />
      <TextInput
        label="Ticket (optional)"
        maxLength={120}
        autoComplete="off"
        key={form.key('ticket')}
        {...form.getInputProps('ticket')}
      />
    </DialogForm>
  );
}

/** A click of its own: a browser lets no page open a tab by itself. */
function Way({
  link: { url, expires_at: until },
  onDone,
}: {
  link: SupportLink;
  onDone: () => void;
}) {
  const left = useSecondsUntil(Date.parse(until));
  const { host } = new URL(url);
  return (
    <Stack>
      {left > 0 ? (
        <Text>
          The link works once, for another <span className="num">{formatWait(left)}</span>.
        </Text>
      ) : (
        <Text role="alert">The link does not work any more. Ask for another one.</Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          Close
        </Button>
        {left > 0 && (
          <Button
            component="a"
            href={url}
            target="_blank"
            rel="noopener noreferrer"
            data-autofocus
            onClick={onDone}
          >
            Open {host}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
