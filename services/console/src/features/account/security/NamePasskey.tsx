/** What a passkey is called: a new one, or one that there is. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { $api } from '~/api/client';
import type { Passkey } from '~/api/model';
import { Problem, problemText } from '~/api/problem';
import { toast } from '~/app/toasts';
import { hasOneAlready, makePasskey, thoughtBetter } from '~/features/identity/passkeys';
import { Callout } from '~/ui/Callout';

interface NamePasskeyProps {
  /** Absent for a new one. */
  passkey?: Passkey;
  onDone: () => void;
  onCancel: () => void;
}

export default function NamePasskey({ passkey, onDone, onCancel }: NamePasskeyProps) {
  const [asking, setAsking] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { name: passkey?.name ?? '' },
    validate: {
      name: (value) => {
        if (!value.trim()) return 'Enter a name';
        return value.trim().length > 120 ? 'At most 120 characters' : null;
      },
    },
  });
  const outcome = {
    meta: { handlesProblems: true },
    onError: (error: unknown) => {
      if (Problem.is(error)) form.setErrors(error.fieldMessages());
    },
  };
  const add = $api.useMutation('post', '/api/v1/me/passkeys', outcome);
  const rename = $api.useMutation('patch', '/api/v1/me/passkeys/{id}', outcome);

  const make = async (name: string) => {
    setAsking(true);
    setFailure(null);
    try {
      const made = await makePasskey();
      await add.mutateAsync({ body: { ...made, name } });
      toast(`${name} signs you in from now on`);
      onDone();
    } catch (error) {
      // What the server refused shows below; whoever closed the browser's dialog knows.
      if (!thoughtBetter(error)) setFailure(error);
    } finally {
      setAsking(false);
    }
  };
  const send = ({ name }: { name: string }) => {
    const trimmed = name.trim();
    if (!passkey) return void make(trimmed);
    rename.mutate(
      { params: { path: { id: passkey.id } }, body: { name: trimmed } },
      { onSuccess: onDone },
    );
  };
  const refused = failure ?? rename.error;
  return (
    <form noValidate onSubmit={form.onSubmit(send)}>
      <Stack>
        {refused !== null && !form.errors['name'] && (
          <Callout tone="down" title={passkey ? 'It keeps its name' : 'No passkey was added'}>
            {reasonFor(refused)}
          </Callout>
        )}
        <TextInput
          label="Name"
          description="So that you know it again: the device or the app that keeps it."
          data-autofocus
          key={form.key('name')}
          {...form.getInputProps('name')}
        />
        {!passkey && (
          <Text size="sm" c="dimmed">
            It works on {location.host} and nowhere else.
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={asking || rename.isPending}>
            {passkey ? 'Rename' : 'Make the passkey'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function reasonFor(error: unknown): string {
  if (hasOneAlready(error)) return 'This device has a passkey of yours already.';
  if (Problem.is(error)) return problemText(error);
  return 'This browser could not make a passkey here.';
}
