/** After registering: where the mail went, and how to get it again. */
import { Anchor, Text } from '@mantine/core';
import { baseUrl } from '~/host';
import { FrontDoor } from '~/ui/FrontDoor';
import { ResendVerification } from './ResendVerification';

export function CheckInbox({ email }: { email: string }) {
  return (
    <FrontDoor eyebrow="One more step" title="Look in your inbox">
      <Text className="wrap">
        We sent a link to <strong>{email || 'your address'}</strong>. Opening it proves that the
        address is yours. It works once, for 48 hours.
      </Text>
      <Text size="sm" c="dimmed">
        Nothing there after a minute? Look among the unwanted mail first.
      </Text>
      {email && <ResendVerification email={email} />}
      <Text size="sm">
        <Anchor href={`${baseUrl()}/register`} size="sm">
          Wrong address? Start again
        </Anchor>
      </Text>
    </FrontDoor>
  );
}
