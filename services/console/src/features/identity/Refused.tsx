/** What stands in the console's place where nobody can say who is signed in. */
import { Button, Text } from '@mantine/core';
import { Problem } from '~/api/problem';
import { Failure } from '~/ui/Failure';
import { FrontDoor } from '~/ui/FrontDoor';
import { useSignOut } from './session';

export function Refused({ error, reset }: { error: unknown; reset: () => void }) {
  const signOut = useSignOut();
  if (!Problem.is(error) || error.code !== 'network_not_allowed') {
    return <Failure error={error} reset={reset} />;
  }
  return (
    <FrontDoor eyebrow={location.host} title="Not from this network">
      <Text>
        This organisation lets people in from its own networks only. You are still signed in:
        connect to one of them, then try again. Its admins can change that.
      </Text>
      <Button onClick={() => location.reload()}>Try again</Button>
      <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate({})}>
        Sign out
      </Button>
    </FrontDoor>
  );
}
