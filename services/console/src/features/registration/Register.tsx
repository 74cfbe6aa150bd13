/** Creating a workspace: organisation, address, owner. */

import { Anchor, Button, Stack, Text, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAttempt } from '~/api/attempt';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { leaveFor } from '~/app/leave';
import { formatWait } from '~/format/time';
import { Callout } from '~/ui/Callout';
import { FrontDoor } from '~/ui/FrontDoor';
import { SecretInput } from '~/ui/SecretInput';
import { useSecondsUntil } from '~/ui/useNow';
import { ChosenAddress, DerivedAddress } from './AddressField';
import { emptyRegistration, registration, registrationMessages } from './form';
import { PasswordGuide } from './PasswordGuide';

export function Register() {
  const form = useForm({
    initialValues: emptyRegistration,
    validate: schemaResolver(registration, { sync: true }),
  });
  const attempt = useAttempt();
  const [choosing, setChoosing] = useState(false);
  const register = $api.useMutation('post', '/api/v1/auth/register', {
    meta: { handlesProblems: true },
    // The rest of the story happens on the workspace's own host.
    onSuccess: ({ organization, email }) =>
      leaveFor(`${organization.url}/check-inbox?${new URLSearchParams({ email })}`),
    onError: (error) => {
      if (!Problem.is(error)) return;
      const messages = registrationMessages(error, choosing);
      if ('slug' in messages) setChoosing(true);
      form.setErrors(messages);
    },
  });
  const derive = () => {
    setChoosing(false);
    form.setFieldValue('slug', '');
  };

  const { organization_name: name, email, password, slug } = form.values;
  return (
    <FrontDoor eyebrow="Signalbox" title="Create a workspace">
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          const { slug: chosen, ...rest } = registration.parse(values);
          const body = choosing && chosen ? { ...rest, slug: chosen } : rest;
          register.mutate({ params: { header: attempt(body) }, body });
        })}
      >
        <Stack>
          {register.isError && Object.keys(form.errors).length === 0 && (
            <Refusal error={register.error} at={register.submittedAt} />
          )}
          <TextInput
            label="Organisation"
            autoComplete="organization"
            autoFocus
            {...form.getInputProps('organization_name')}
          />
          {choosing ? (
            <ChosenAddress
              {...form.getInputProps('slug')}
              value={slug}
              onTake={(free) => form.setFieldValue('slug', free)}
              onDerive={derive}
            />
          ) : (
            <DerivedAddress name={name} onChoose={() => setChoosing(true)} />
          )}
          <TextInput
            label="Your e-mail"
            description="You become the owner. We send a link to verify it."
            type="email"
            autoComplete="email"
            {...form.getInputProps('email')}
          />
          <SecretInput
            label="Password"
            autoComplete="new-password"
            {...form.getInputProps('password')}
          />
          <PasswordGuide password={password} context={{ organizationName: name, email }} />
          <SecretInput
            label="Password again"
            autoComplete="new-password"
            {...form.getInputProps('password_confirm')}
          />
          <Button type="submit" loading={register.isPending || register.isSuccess}>
            Create workspace
          </Button>
        </Stack>
      </form>
      <Text size="sm">
        Your organisation is here already?{' '}
        <Anchor component={Link} to="/site/login" size="sm">
          Find my workspace
        </Anchor>
      </Text>
    </FrontDoor>
  );
}

/** A refusal that belongs to no field. */
function Refusal({ error, at }: { error: unknown; at: number }) {
  const problem = Problem.is(error) ? error : null;
  const wait = problem?.retryAfterSeconds ?? null;
  const left = useSecondsUntil(wait === null ? null : at + wait * 1_000);
  return (
    <Callout tone="down" title="The workspace could not be created">
      {problemText(error)}
      {left > 0 && ` Try again in ${formatWait(left)}.`}
      {problem?.reference && (
        <Text size="xs" className="num wrap" mt={4}>
          Reference {problem.reference}
        </Text>
      )}
    </Callout>
  );
}
