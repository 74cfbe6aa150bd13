/** Taking an account back after a change that was somebody else's. */
import { Button, List, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { $api } from '~/api/client';
import { FrontDoor } from '~/ui/FrontDoor';
import { useLinkToken } from '~/ui/useLinkToken';
import { LinkRefusal } from './LinkRefusal';

const EYEBROW = 'Your account';

export function NotMe() {
  const token = useLinkToken();
  const disown = $api.useMutation('post', '/api/v1/auth/not-me', {
    meta: { handlesProblems: true },
  });
  const send = () => disown.mutate({ body: { token } });

  if (!token || disown.isError) {
    return (
      <LinkRefusal eyebrow={EYEBROW} error={token ? disown.error : null} retry={send}>
        <Text>
          If somebody else is in your account, choose a new password: that signs everybody out.
        </Text>
        <Button component={Link} to="/forgot-password">
          Send me a link to a new password
        </Button>
      </LinkRefusal>
    );
  }
  if (disown.isSuccess) {
    return (
      <FrontDoor eyebrow={EYEBROW} title="Nobody is in your account now">
        <Text>
          We sent you a link to a new password. Nobody can sign in to your account until you have
          used it.
        </Text>
      </FrontDoor>
    );
  }
  return (
    <FrontDoor eyebrow={EYEBROW} title="It was not you?">
      <Text>Then take your account back. At once:</Text>
      <List size="sm">
        <List.Item>every browser and program is signed out,</List.Item>
        <List.Item>the password opens nothing any more,</List.Item>
        <List.Item>
          apps, passkeys and API keys that were added in the last three days are taken away,
        </List.Item>
        <List.Item>you get a link to a new password.</List.Item>
      </List>
      <Button color="down" loading={disown.isPending} onClick={send}>
        Take my account back
      </Button>
    </FrontDoor>
  );
}
