/** Three steps: the secret into the app, a code out of it, and the recovery codes. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useEffect, useRef } from 'react';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { useMe } from '~/features/identity/session';
import { Callout } from '~/ui/Callout';
import { QrCode } from '~/ui/QrCode';
import { RecoveryCodes } from './RecoveryCodes';
import classes from './Security.module.css';

interface EnrollProps {
  onConfirmed: () => void;
  onDone: () => void;
}

export default function Enroll({ onConfirmed, onDone }: EnrollProps) {
  const { user } = useMe();
  const start = $api.useMutation('post', '/api/v1/me/totp', { meta: { handlesProblems: true } });
  const confirm = $api.useMutation('post', '/api/v1/me/totp/confirm', {
    meta: { handlesProblems: true },
    onSuccess: onConfirmed,
    onError: (error) => Problem.is(error) && form.setErrors(error.fieldMessages()),
  });
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { code: '' },
    validate: {
      code: (value) =>
        /^\d{6}$/.test(value.trim()) ? null : 'Enter the six digits your app shows',
    },
  });
  const begun = useRef(false);
  useEffect(() => {
    // A second secret would make the first one's picture worth nothing.
    if (begun.current) return;
    begun.current = true;
    start.mutate({});
  }, [start.mutate]);

  if (confirm.data) {
    return <RecoveryCodes codes={confirm.data.recovery_codes} onDone={onDone} />;
  }
  if (start.isError) {
    return (
      <Stack>
        <Callout tone="down" title="That did not work">
          {problemText(start.error)}
        </Callout>
        <Button onClick={() => start.mutate({})}>Try again</Button>
      </Stack>
    );
  }
  if (!start.data) return <Text role="status">Making a secret…</Text>;
  const { secret, uri } = start.data;
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ code }) => confirm.mutate({ body: { code: code.trim() } }))}
    >
      <Stack>
        <Text size="sm">Scan this with your authenticator app.</Text>
        <QrCode text={uri} label={`Code for the authenticator app of ${user.email}`} />
        <div>
          <Text size="sm" c="dimmed">
            Or typed by hand:
          </Text>
          <div className={`num ${classes.secret}`}>{secret}</div>
        </div>
        {confirm.isError && Object.keys(form.errors).length === 0 && (
          <Callout tone="down" title="That did not work">
            {problemText(confirm.error)}
          </Callout>
        )}
        <TextInput
          label="Code"
          description="The six digits the app shows now."
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={7}
          key={form.key('code')}
          {...form.getInputProps('code')}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={confirm.isPending}>
            Switch codes on
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
