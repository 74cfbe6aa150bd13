/** One of the two links that change an address. */
import { Button, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { $api } from '~/api/client';
import { FrontDoor } from '~/ui/FrontDoor';
import { useLinkToken } from '~/ui/useLinkToken';
import { LinkRefusal } from './LinkRefusal';

const EYEBROW = 'Another address';

export function ConfirmEmail() {
  const token = useLinkToken();
  const confirm = $api.useMutation('post', '/api/v1/auth/confirm-email', {
    meta: { handlesProblems: true },
  });
  const send = () => confirm.mutate({ body: { token } });

  if (!token || confirm.isError) {
    return (
      <LinkRefusal eyebrow={EYEBROW} error={token ? confirm.error : null} retry={send}>
        <Button component={Link} to="/account/security">
          Ask for new links
        </Button>
      </LinkRefusal>
    );
  }
  if (confirm.data?.status === 'changed') {
    return (
      <FrontDoor eyebrow={EYEBROW} title="Your address is changed">
        <Text className="wrap">
          From now on you sign in with <strong>{confirm.data.email}</strong>.
        </Text>
        <Button component={Link} to="/">
          Go on
        </Button>
      </FrontDoor>
    );
  }
  if (confirm.data) {
    const other = confirm.data.status === 'waiting_for_new' ? 'new' : 'present';
    return (
      <FrontDoor eyebrow={EYEBROW} title="One more link">
        <Text>
          This address is confirmed. Now open the link in the mail to your {other} address: then it
          changes.
        </Text>
      </FrontDoor>
    );
  }
  return (
    <FrontDoor eyebrow={EYEBROW} title="Confirm the change">
      <Text>Your address changes once this link and the one in the other mail are confirmed.</Text>
      <Button loading={confirm.isPending} onClick={send}>
        Confirm
      </Button>
    </FrontDoor>
  );
}
