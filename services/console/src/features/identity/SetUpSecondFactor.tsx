/** Setting a second factor up because the organisation asks for one; whoever has one signs in with it. */
import { Button, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { $api } from '~/api/client';
import Enroll from '~/features/account/security/Enroll';
import { Callout } from '~/ui/Callout';
import { FailurePart } from '~/ui/Failure';
import { FrontDoor } from '~/ui/FrontDoor';
import { meQuery, useMe, useSignOut } from './session';

export default function SetUpSecondFactor() {
  const { organization, user } = useMe();
  const queryClient = useQueryClient();
  const security = $api.useQuery('get', '/api/v1/me/security');
  const passkeys = $api.useQuery('get', '/api/v1/me/passkeys');
  const signOut = useSignOut();
  const [begun, setBegun] = useState(false);
  const known = security.data && passkeys.data;
  const codes = Boolean(security.data?.codes_since);
  const has = codes || (passkeys.data?.items.length ?? 0) > 0;
  return (
    <FrontDoor eyebrow={location.host} title="Set up a second factor">
      <Text>
        {organization.name} asks everybody for a second factor: something beside your password, so
        that the password alone lets nobody in.
      </Text>
      {security.isError && <FailurePart error={security.error} retry={security.refetch} />}
      {passkeys.isError && <FailurePart error={passkeys.error} retry={passkeys.refetch} />}
      {begun && (
        <Enroll
          onConfirmed={() => {}}
          onDone={() => queryClient.invalidateQueries({ queryKey: meQuery.queryKey })}
        />
      )}
      {!begun && known && has && (
        <Callout tone="warn" title="You have one already">
          {codes
            ? 'Sign out, sign in again, and type the code of your authenticator app.'
            : 'Sign out, and sign in again with your passkey.'}
        </Callout>
      )}
      {!begun && known && !has && (
        <Stack gap="xs">
          <Text c="dimmed">
            An authenticator app on your phone is enough: a minute, and everything is as it was.
          </Text>
          <Button onClick={() => setBegun(true)}>Set up an authenticator app</Button>
        </Stack>
      )}
      <Text c="dimmed" size="sm">
        You are signed in as <span className="wrap">{user.email}</span>.
      </Text>
      <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate({})}>
        Sign out
      </Button>
    </FrontDoor>
  );
}
