/** What this organisation keeps about somebody: a copy of it, and the end of the account. */
import { Button, Group, List, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { leaveSession } from '~/app/signIn';
import { toast } from '~/app/toasts';
import { useMe } from '~/features/identity/session';
import { Callout } from '~/ui/Callout';
import { Page } from '~/ui/Page';
import { Section } from '~/ui/Section';
import { downloadCopy } from './copy';

export function OwnData() {
  return (
    <Page eyebrow="Your account" title="Your data">
      <Copy />
      <Ending />
    </Page>
  );
}

function Copy() {
  const { organization, support } = useMe();
  const copy = useMutation({
    mutationFn: () => downloadCopy(`account-${organization.slug}.json`),
    meta: { handlesProblems: true },
    onSuccess: () => toast('Your copy is downloaded'),
  });
  return (
    <Section title="A copy of your data">
      <Stack gap="sm" align="flex-start">
        <Text c="dimmed">
          Everything {organization.name} keeps about you, as a JSON file: your profile, sessions and
          sign-ins, devices, keys and ways to sign in, invitations, mails, and what the audit log
          says of you. Passwords and other secrets are not in it.
        </Text>
        {copy.isError && (
          <Callout tone="down" title="There is no copy">
            {problemText(copy.error)}
          </Callout>
        )}
        <Button
          variant="default"
          disabled={Boolean(support)}
          loading={copy.isPending}
          onClick={() => copy.mutate()}
        >
          Download your data
        </Button>
      </Stack>
    </Section>
  );
}

function Ending() {
  const { organization, support } = useMe();
  const [opened, dialog] = useDisclosure();
  return (
    <Section title="Delete your account">
      <Stack gap="sm" align="flex-start">
        <Text c="dimmed">
          Your account at {organization.name} ends at once and for good. Accounts you have elsewhere
          stay as they are.
        </Text>
        <Button color="down" disabled={Boolean(support)} onClick={dialog.open}>
          Delete your account
        </Button>
      </Stack>
      <Modal
        opened={opened}
        onClose={dialog.close}
        title="Delete your account"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Confirm onClose={dialog.close} />
      </Modal>
    </Section>
  );
}

function Confirm({ onClose }: { onClose: () => void }) {
  const { user, organization } = useMe();
  const router = useRouter();
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState('');
  const end = $api.useMutation('post', '/api/v1/me/deletion', {
    meta: { handlesProblems: true },
    onSuccess: () => leaveSession(router, queryClient),
  });
  const last = Problem.is(end.error) && end.error.code === 'last_owner';
  const same = typed.trim().toLowerCase() === user.email.toLowerCase();
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (same) end.mutate({ body: { email: typed.trim() } });
      }}
    >
      <Stack>
        <div>
          <Text fw={600}>What is lost</Text>
          <List size="sm" spacing={4} mt={4}>
            <List.Item>You are signed out everywhere, at once.</List.Item>
            <List.Item>Your keys do nothing any more, and programs with them stop.</List.Item>
            <List.Item>Invitations you sent end.</List.Item>
            <List.Item>
              Nobody can bring it back: to return, you have to be invited again.
            </List.Item>
          </List>
        </div>
        <Text size="sm" c="dimmed">
          What you made stays with {organization.name}, and what you did stays in its audit log.
        </Text>
        {end.isError && (
          <Callout
            tone="down"
            title={last ? `You are the last owner of ${organization.name}` : 'Your account stays'}
          >
            {last ? (
              <>
                Hand it over to somebody else first, on the page{' '}
                <Link to="/settings/members">Members</Link>.
              </>
            ) : (
              problemText(end.error)
            )}
          </Callout>
        )}
        <TextInput
          label={`Type ${user.email} to go on`}
          type="email"
          autoComplete="off"
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="down" disabled={!same} loading={end.isPending}>
            Delete for good
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
