/** A fresh proof of who somebody is, by whatever they have for it. */
import { Anchor, Button, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { $api } from '~/api/client';
import type { ProofKind } from '~/api/model';
import { Problem, problemText } from '~/api/problem';
import { formatWait } from '~/format/time';
import { Callout } from '~/ui/Callout';
import { FailurePart } from '~/ui/Failure';
import { SecretInput } from '~/ui/SecretInput';
import { useSecondsUntil } from '~/ui/useNow';
import { useMe, useSignOut } from './session';
import { supportsPasskeys } from './supports';

interface ProveAgainFormProps {
  onProven: () => void;
  onCancel: () => void;
}

const INSTEAD: Record<ProofKind, string> = {
  passkey: 'Use a passkey instead',
  password: 'Use your password instead',
  code: 'Use a code instead',
};

export default function ProveAgainForm({ onProven, onCancel }: ProveAgainFormProps) {
  const security = $api.useQuery('get', '/api/v1/me/security');
  const [chosen, setChosen] = useState<ProofKind | null>(null);
  if (security.isError && !security.data)
    return <FailurePart error={security.error} retry={security.refetch} />;
  if (!security.data) return <Skeleton height={120} aria-busy="true" />;
  const had = security.data.prove_by.filter((kind) => kind !== 'passkey' || supportsPasskeys());
  const kind = chosen ?? had[0];
  if (!kind) return <SignInAgain onCancel={onCancel} />;
  const Form = kind === 'passkey' ? ByPasskey : ByText;
  return (
    <Stack>
      <Text size="sm">
        What you are about to do wants a fresh proof. It counts for ten minutes.
      </Text>
      <Form key={kind} kind={kind} onProven={onProven} onCancel={onCancel} />
      {had
        .filter((other) => other !== kind)
        .map((other) => (
          <Anchor
            key={other}
            component="button"
            type="button"
            size="sm"
            onClick={() => setChosen(other)}
          >
            {INSTEAD[other]}
          </Anchor>
        ))}
    </Stack>
  );
}

/** Whoever signs in by somebody else's word alone has nothing to show here. */
function SignInAgain({ onCancel }: { onCancel: () => void }) {
  const signOut = useSignOut();
  return (
    <Stack>
      <Text size="sm">
        What you are about to do wants a fresh proof, and your account has none that can be asked
        for here. Sign out and in again: for the ten minutes after that, nothing is asked. Then set
        a password or add a passkey.
      </Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button loading={signOut.isPending} onClick={() => signOut.mutate({})}>
          Sign out
        </Button>
      </Group>
    </Stack>
  );
}

interface FormProps extends ProveAgainFormProps {
  kind: ProofKind;
}

function ByText({ kind, onProven, onCancel }: FormProps) {
  const { user } = useMe();
  const field = kind === 'code' ? 'code' : 'password';
  const empty = field === 'code' ? 'Enter a code' : 'Enter your password';
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { proof: '' },
    validate: { proof: (value) => (value.trim() ? null : empty) },
  });
  const prove = $api.useMutation('post', '/api/v1/auth/reauthenticate', {
    meta: { handlesProblems: true },
    onSuccess: onProven,
    onError: (error) => {
      if (isWrong(error)) form.setErrors({ proof: problemText(error) });
    },
  });
  const props = { 'data-autofocus': true, ...form.getInputProps('proof') };
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ proof }) =>
        prove.mutate({ body: field === 'code' ? { code: proof.trim() } : { password: proof } }),
      )}
    >
      <Stack>
        {prove.isError && !isWrong(prove.error) && (
          <Refusal error={prove.error} at={prove.submittedAt} />
        )}
        {field === 'code' ? (
          <TextInput
            label="Code"
            description="Six digits from your authenticator app, or a recovery code."
            autoComplete="one-time-code"
            key={form.key('proof')}
            {...props}
          />
        ) : (
          <>
            <input type="hidden" autoComplete="username" value={user.email} readOnly />
            <SecretInput
              label="Your password"
              autoComplete="current-password"
              key={form.key('proof')}
              {...props}
            />
          </>
        )}
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

function ByPasskey({ onProven, onCancel }: FormProps) {
  const [asking, setAsking] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const prove = $api.useMutation('post', '/api/v1/auth/reauthenticate', {
    meta: { handlesProblems: true },
    onSuccess: onProven,
  });
  const ask = async () => {
    setAsking(true);
    setFailure(null);
    const { showPasskey, thoughtBetter } = await import('./passkeys');
    try {
      prove.mutate({ body: { passkey: await showPasskey({}) } });
    } catch (error) {
      if (!thoughtBetter(error)) setFailure(error);
    } finally {
      setAsking(false);
    }
  };
  const refused = failure ?? prove.error;
  return (
    <Stack>
      {refused !== null && <Refusal error={refused} at={prove.submittedAt} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button data-autofocus loading={asking || prove.isPending} onClick={() => void ask()}>
          Use a passkey
        </Button>
      </Group>
    </Stack>
  );
}

const isWrong = (error: unknown): boolean =>
  Problem.is(error) && ['wrong_password', 'wrong_code'].includes(error.code);

function Refusal({ error, at }: { error: unknown; at: number }) {
  const wait = Problem.is(error) ? error.retryAfterSeconds : null;
  const left = useSecondsUntil(wait === null ? null : at + wait * 1_000);
  return (
    <Callout tone="down" title="This did not work">
      {Problem.is(error) ? problemText(error) : 'This browser could not use a passkey here.'}
      {left > 0 && ` Try again in ${formatWait(left)}.`}
    </Callout>
  );
}
