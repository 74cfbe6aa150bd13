/** Choosing another password by the link of a mail. */
import { Anchor, Button, Stack, Text } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { Link } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { $api } from '~/api/client';
import { Problem } from '~/api/problem';
import { FrontDoor } from '~/ui/FrontDoor';
import { useLinkToken } from '~/ui/useLinkToken';
import { LinkRefusal } from './LinkRefusal';
import { NewPassword, newPassword, sameTwice } from './NewPassword';

const chosen = z.object(newPassword).check(sameTwice);

export function ResetPassword() {
  const token = useLinkToken();
  const organization = $api.useQuery('get', '/api/v1/organization', {}, { staleTime: Infinity });
  const form = useForm({
    initialValues: { password: '', again: '' },
    validate: schemaResolver(chosen, { sync: true }),
  });
  const reset = $api.useMutation('post', '/api/v1/auth/reset-password', {
    meta: { handlesProblems: true },
    onError: (error) => Problem.is(error) && form.setErrors(error.fieldMessages()),
  });
  const refused = reset.isError && !(Problem.is(reset.error) && reset.error.body.errors?.length);

  if (!token || refused) {
    return (
      <LinkRefusal
        eyebrow="A new password"
        error={token ? reset.error : null}
        retry={() => reset.variables && reset.mutate(reset.variables)}
      >
        <Button component={Link} to="/forgot-password">
          Send me a new link
        </Button>
      </LinkRefusal>
    );
  }
  if (reset.isSuccess) {
    return (
      <FrontDoor eyebrow="A new password" title="Your password is changed">
        <Text>
          Every browser and program that was signed in as {reset.data.email} is signed out.
        </Text>
        <Button component={Link} to="/login">
          Sign in
        </Button>
      </FrontDoor>
    );
  }
  return (
    <FrontDoor eyebrow={location.host} title="Choose a new password">
      <form
        noValidate
        onSubmit={form.onSubmit(({ password }) => reset.mutate({ body: { token, password } }))}
      >
        <Stack>
          <NewPassword
            form={form}
            password={form.values.password}
            organizationName={organization.data?.name ?? ''}
            email=""
          />
          <Button type="submit" loading={reset.isPending}>
            Change my password
          </Button>
        </Stack>
      </form>
      <Anchor component={Link} to="/login" size="sm">
        Back to signing in
      </Anchor>
    </FrontDoor>
  );
}
