/** Whoever is signed in: their password, their sessions, how it looks. */
import { Button, Group, SegmentedControl, Stack, Text, useMantineColorScheme } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { toast } from '~/app/toasts';
import { formatInstant } from '~/format/time';
import { Ago } from '~/ui/Ago';
import { FailurePart } from '~/ui/Failure';
import { Page } from '~/ui/Page';
import { SecretInput } from '~/ui/SecretInput';
import { Section } from '~/ui/Section';
import { $api } from '../../api/client';
import { fieldErrors, Refusal } from '../DialogForm';
import { ROLES, useSession, useSignOut } from '../identity/session';
import { Waiting } from '../Waiting';
import classes from './Accounts.module.css';
import { refreshAccounts } from './queries';
import { Tokens } from './Tokens';

const SCHEMES = [
  { value: 'auto', label: 'Auto' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

export function OwnAccount() {
  const { operator, expires_at } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Page eyebrow="Your account" title={operator.name} documentTitle="Account">
      <Text c="dimmed">
        <span className="wrap">{operator.email}</span>. {ROLES[operator.role]}. Signed in until{' '}
        {formatInstant(expires_at)} at the latest; half an hour without a request ends it earlier.
      </Text>
      <div className={classes.own}>
        <Section title="Password">
          <ChangePassword />
        </Section>
        <Section title="Appearance">
          <SegmentedControl
            fullWidth
            aria-label="Appearance"
            data={SCHEMES}
            value={colorScheme}
            onChange={(value) => setColorScheme(value as typeof colorScheme)}
          />
        </Section>
      </div>
      <Section title="Sessions" flush>
        <Sessions />
      </Section>
      <Tokens />
    </Page>
  );
}

const rules = z
  .object({
    current_password: z.string().check(z.minLength(1, 'Enter your present password')),
    password: z.string().check(z.minLength(12, 'Use 12 to 128 characters'), z.maxLength(128)),
    again: z.string(),
  })
  .check(
    z.refine((typed) => typed.password === typed.again, {
      path: ['again'],
      error: 'The two passwords differ',
    }),
  );

function ChangePassword() {
  const queryClient = useQueryClient();
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { current_password: '', password: '', again: '' },
    validate: schemaResolver(rules, { sync: true }),
  });
  const change = $api.useMutation('post', '/api/v1/session/password', {
    meta: { handlesProblems: true },
    onSuccess: () => {
      toast('Your password is changed; other sessions have ended');
      form.reset();
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
    onSettled: () => refreshAccounts(queryClient),
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ current_password, password }) =>
        change.mutate({ body: { current_password, password } }),
      )}
    >
      <Stack>
        {change.isError && <Refusal error={change.error} />}
        <SecretInput
          label="Present password"
          autoComplete="current-password"
          key={form.key('current_password')}
          {...form.getInputProps('current_password')}
        />
        <SecretInput
          label="New password"
          description="12 to 128 characters, neither common nor easy to guess"
          autoComplete="new-password"
          key={form.key('password')}
          {...form.getInputProps('password')}
        />
        <SecretInput
          label="New password again"
          autoComplete="new-password"
          key={form.key('again')}
          {...form.getInputProps('again')}
        />
        <Group>
          <Button type="submit" loading={change.isPending}>
            Change password
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Sessions() {
  const queryClient = useQueryClient();
  const signOut = useSignOut();
  const list = $api.useQuery('get', '/api/v1/sessions');
  const end = $api.useMutation('delete', '/api/v1/sessions/{id}', {
    onSuccess: () => toast('The session has ended'),
    onSettled: () => refreshAccounts(queryClient),
  });
  if (list.isError && !list.data) {
    return <FailurePart error={list.error} retry={list.refetch} />;
  }
  if (!list.data) return <Waiting label="Loading sessions" />;
  return (
    <ul className={classes.accounts} aria-label="Your sessions">
      {list.data.items.map((session) => (
        <li key={session.id} className={classes.account}>
          <div className={classes.lines}>
            <div className={classes.head}>
              <strong className="num">{session.address ?? 'unknown address'}</strong>
              {session.current && <span>this session</span>}
            </div>
            <div className={classes.small}>
              <span className="wrap">{session.user_agent ?? 'unknown browser'}</span>
              <span>
                used <Ago at={session.last_used_at} />
              </span>
            </div>
          </div>
          {session.current ? (
            <Button variant="default" onClick={() => signOut.mutate({})}>
              Sign out
            </Button>
          ) : (
            <Button
              variant="default"
              onClick={() => end.mutate({ params: { path: { id: session.id } } })}
            >
              End
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
