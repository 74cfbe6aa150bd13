/** The form behind a mail's link: a new password, chosen once. */
import { Anchor, Button, Stack, Text } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import * as z from 'zod/mini';
import { $api } from '~/api/client';
import { Problem } from '~/api/problem';
import { FrontDoor } from '~/ui/FrontDoor';
import { useLinkToken } from '~/ui/useLinkToken';
import { LinkRefusal } from './LinkRefusal';
import { NewPassword, newPassword, sameTwice } from './NewPassword';

const chosen = z.object(newPassword).check(sameTwice);

interface PasswordByLinkProps {
  path: '/api/v1/auth/reset-password' | '/api/v1/auth/recovery';
  eyebrow: string;
  title: string;
  /** What happens with it; above the form. */
  before?: ReactNode;
  label: string;
  /** That it is done, for the address to sign in with. */
  done: (email: string) => { title: string; said: string };
  /** What to do where the link is dead. */
  dead: ReactNode;
}

export function PasswordByLink(props: PasswordByLinkProps) {
  const { path, eyebrow, title, before, label, done, dead } = props;
  const token = useLinkToken();
  const organization = $api.useQuery('get', '/api/v1/organization', {}, { staleTime: Infinity });
  const form = useForm({
    initialValues: { password: '', again: '' },
    validate: schemaResolver(chosen, { sync: true }),
  });
  const choose = $api.useMutation('post', path, {
    meta: { handlesProblems: true },
    onError: (error) => Problem.is(error) && form.setErrors(error.fieldMessages()),
  });
  const refused = choose.isError && !(Problem.is(choose.error) && choose.error.body.errors?.length);

  if (!token || refused) {
    return (
      <LinkRefusal
        eyebrow={eyebrow}
        error={token ? choose.error : null}
        retry={() => choose.variables && choose.mutate(choose.variables)}
      >
        {dead}
      </LinkRefusal>
    );
  }
  if (choose.isSuccess) {
    const words = done(choose.data.email);
    return (
      <FrontDoor eyebrow={eyebrow} title={words.title}>
        <Text>{words.said}</Text>
        <Button component={Link} to="/login">
          Sign in
        </Button>
      </FrontDoor>
    );
  }
  return (
    <FrontDoor eyebrow={location.host} title={title}>
      {before}
      <form
        noValidate
        onSubmit={form.onSubmit(({ password }) => choose.mutate({ body: { token, password } }))}
      >
        <Stack>
          <NewPassword
            form={form}
            password={form.values.password}
            organizationName={organization.data?.name ?? ''}
            email=""
          />
          <Button type="submit" loading={choose.isPending}>
            {label}
          </Button>
        </Stack>
      </form>
      <Anchor component={Link} to="/login" size="sm">
        Back to signing in
      </Anchor>
    </FrontDoor>
  );
}
