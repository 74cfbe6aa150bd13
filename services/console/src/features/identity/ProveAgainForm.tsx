/** The password once more. */
import { Button, Group, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { formatWait } from '~/format/time';
import { Callout } from '~/ui/Callout';
import { SecretInput } from '~/ui/SecretInput';
import { useSecondsUntil } from '~/ui/useNow';
import { useMe } from './session';

interface ProveAgainFormProps {
  onProven: () => void;
  onCancel: () => void;
}

export default function ProveAgainForm({ onProven, onCancel }: ProveAgainFormProps) {
  const { user } = useMe();
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { password: '' },
    validate: { password: (value) => (value ? null : 'Enter your password') },
  });
  const prove = $api.useMutation('post', '/api/v1/auth/reauthenticate', {
    meta: { handlesProblems: true },
    onSuccess: onProven,
    onError: (error) => {
      if (isWrong(error)) form.setErrors({ password: problemText(error) });
    },
  });
  return (
    <form noValidate onSubmit={form.onSubmit((body) => prove.mutate({ body }))}>
      <Stack>
        <Text size="sm">
          What you are about to do wants a fresh proof. It counts for ten minutes.
        </Text>
        {prove.isError && !isWrong(prove.error) && (
          <Refusal error={prove.error} at={prove.submittedAt} />
        )}
        <input type="hidden" autoComplete="username" value={user.email} readOnly />
        <SecretInput
          label="Your password"
          autoComplete="current-password"
          data-autofocus
          key={form.key('password')}
          {...form.getInputProps('password')}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={prove.isPending}>
            Go on
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

const isWrong = (error: unknown): boolean => Problem.is(error) && error.code === 'wrong_password';

function Refusal({ error, at }: { error: unknown; at: number }) {
  const wait = Problem.is(error) ? error.retryAfterSeconds : null;
  const left = useSecondsUntil(wait === null ? null : at + wait * 1_000);
  return (
    <Callout tone="down" title="This is not possible right now">
      {problemText(error)}
      {left > 0 && ` Try again in ${formatWait(left)}.`}
    </Callout>
  );
}
