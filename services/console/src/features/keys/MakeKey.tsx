/** What a key is for, what it may do, and for how long. */
import { Button, Checkbox, Group, Select, Stack, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { $api } from '~/api/client';
import type { Permission } from '~/api/model';
import { Problem, problemText } from '~/api/problem';
import { useMe } from '~/features/identity/session';
import { Callout } from '~/ui/Callout';
import { SCOPES } from './scopes';

const DAYS = [
  { value: '7', label: 'A week' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
];

const rules = z.object({
  name: z.string().check(z.trim(), z.minLength(1, 'Say what it is for'), z.maxLength(120)),
  scopes: z.array(z.string()).check(z.minLength(1, 'Choose at least one')),
  days: z.string(),
});

interface MakeKeyProps {
  onMade: (secret: string) => void;
  onCancel: () => void;
}

export default function MakeKey({ onMade, onCancel }: MakeKeyProps) {
  const queryClient = useQueryClient();
  const { permissions } = useMe();
  const form = useForm({
    initialValues: { name: '', scopes: ['endpoints_read'] as string[], days: '90' },
    validate: schemaResolver(rules, { sync: true }),
  });
  const make = $api.useMutation('post', '/api/v1/api-keys', {
    meta: { handlesProblems: true },
    onSuccess: ({ secret }) => onMade(secret),
    onError: (error) => form.setErrors(fieldsOf(error)),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['get', '/api/v1/api-keys'] }),
  });
  const refused = make.isError && Object.keys(fieldsOf(make.error)).length === 0;
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ name, scopes, days }) =>
        make.mutate({ body: { name, scopes: scopes as Permission[], valid_days: Number(days) } }),
      )}
    >
      <Stack>
        {refused && (
          <Callout tone="down" title="That was not done">
            {problemText(make.error)}
          </Callout>
        )}
        <TextInput
          label="Name"
          placeholder="Nightly report"
          autoComplete="off"
          data-autofocus
          {...form.getInputProps('name')}
        />
        <Checkbox.Group label="It may" {...form.getInputProps('scopes')}>
          <Stack gap={6} mt={4}>
            {permissions.map((each) => (
              <Checkbox key={each} value={each} label={SCOPES[each]} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Select
          label="Works for"
          allowDeselect={false}
          data={DAYS}
          {...form.getInputProps('days')}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={make.isPending}>
            Make key
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

const fieldsOf = (error: unknown): Record<string, string> =>
  Problem.is(error) ? error.fieldMessages() : {};
