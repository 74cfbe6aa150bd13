/** Where the link of an invitation leads: a name and a password, and somebody belongs. */
import { Anchor, Button, Loader, Stack, Text, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { Link, useLocation, useRouter } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import * as z from 'zod/mini';
import { $api } from '~/api/client';
import type { InvitationPreview } from '~/api/model';
import { Problem, problemText } from '~/api/problem';
import { PasswordGuide } from '~/features/registration/PasswordGuide';
import { fits, MAX_LENGTH, MIN_LENGTH } from '~/features/registration/passwordRules';
import { Callout } from '~/ui/Callout';
import { FrontDoor } from '~/ui/FrontDoor';
import { SecretInput } from '~/ui/SecretInput';

const tokenOf = (fragment: string): string =>
  new URLSearchParams(fragment.replace(/^#/, '')).get('token') ?? '';

export function Invitation() {
  const router = useRouter();
  const linked = useLocation({ select: ({ hash }) => tokenOf(hash) });
  const token = useRef('');
  const preview = $api.useMutation('post', '/api/v1/auth/invitation', {
    meta: { handlesProblems: true },
  });

  useEffect(() => {
    if (!linked || linked === token.current) return;
    token.current = linked;
    // The fragment would otherwise stay in the history of a shared machine.
    router.history.replace(router.state.location.pathname);
    preview.mutate({ body: { token: linked } });
  }, [linked, router, preview.mutate]);

  if (preview.isSuccess) return <Invited invitation={preview.data} token={token.current} />;
  if (preview.isError) {
    return <Refusal error={preview.error} retry={() => preview.mutate(preview.variables)} />;
  }
  if (preview.isIdle && !linked) {
    return (
      <FrontDoor eyebrow="Invitation" title="This link is incomplete">
        <Text role="alert">Its secret part is missing. Open the link of the mail once more.</Text>
      </FrontDoor>
    );
  }
  return (
    <FrontDoor eyebrow="Invitation" title="Looking at your invitation">
      <Loader role="status" aria-label="Loading" />
    </FrontDoor>
  );
}

function Refusal({ error, retry }: { error: unknown; retry: () => void }) {
  const code = Problem.is(error) ? error.code : '';
  if (code === 'token_expired' || code === 'token_not_found') {
    return (
      <FrontDoor
        eyebrow="Invitation"
        title={code === 'token_expired' ? 'This link has expired' : 'This link no longer works'}
      >
        <Text role="alert">
          {code === 'token_expired'
            ? 'Invitations work for seven days.'
            : 'It was used already, taken back, or a newer one replaced it.'}{' '}
          Ask whoever invited you to send it again.
        </Text>
        <SignInInstead />
      </FrontDoor>
    );
  }
  return (
    <FrontDoor eyebrow="Invitation" title="That did not work">
      <Text role="alert">{problemText(error)}</Text>
      <Button onClick={retry}>Try again</Button>
    </FrontDoor>
  );
}

function SignInInstead() {
  return (
    <Text size="sm">
      You belong here already?{' '}
      <Anchor component={Link} to="/login" size="sm">
        Sign in
      </Anchor>
    </Text>
  );
}

const choice = z.object({
  name: z
    .string()
    .check(
      z.trim(),
      z.minLength(1, 'Enter your name'),
      z.maxLength(120, 'Use at most 120 characters'),
    ),
  password: z.string().check(z.refine(fits, `Use ${MIN_LENGTH} to ${MAX_LENGTH} characters`)),
});

function Invited({ invitation, token }: { invitation: InvitationPreview; token: string }) {
  const { organization, email, role, invited_by: by } = invitation;
  const router = useRouter();
  const form = useForm({
    initialValues: { name: '', password: '' },
    validate: schemaResolver(choice, { sync: true }),
  });
  const join = $api.useMutation('post', '/api/v1/auth/accept-invitation', {
    meta: { handlesProblems: true },
    onSuccess: () => router.navigate({ to: '/login', search: { verified: '1' }, replace: true }),
    onError: (error) => {
      if (Problem.is(error)) form.setErrors(error.fieldMessages());
    },
  });
  if (invitation.member) {
    return (
      <FrontDoor eyebrow="Invitation" title={`You belong to ${organization} already`}>
        <Text>{email} has an account here. Sign in with it.</Text>
        <Button component={Link} to="/login">
          Sign in
        </Button>
      </FrontDoor>
    );
  }
  return (
    <FrontDoor eyebrow="Invitation" title={`Join ${organization}`}>
      <Text className="wrap">
        {by ? `${by} invites you` : 'You are invited'} as {role}. You will sign in with{' '}
        <strong>{email}</strong>.
      </Text>
      <form
        noValidate
        onSubmit={form.onSubmit((values) =>
          join.mutate({ body: { token, ...choice.parse(values) } }),
        )}
      >
        <Stack>
          {join.isError && Object.keys(form.errors).length === 0 && (
            <Callout tone="down" title="You could not be added">
              {problemText(join.error)}
            </Callout>
          )}
          <TextInput label="Your name" autoComplete="name" {...form.getInputProps('name')} />
          <SecretInput
            label="Password"
            autoComplete="new-password"
            {...form.getInputProps('password')}
          />
          <PasswordGuide
            password={form.values.password}
            context={{ organizationName: organization, email }}
          />
          <Button type="submit" loading={join.isPending || join.isSuccess}>
            Join {organization}
          </Button>
        </Stack>
      </form>
    </FrontDoor>
  );
}
