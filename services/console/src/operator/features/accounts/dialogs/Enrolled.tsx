/** What an authenticator app is told. Shown once. */
import { Button, CopyButton, Group, Stack, Text } from '@mantine/core';
import { Callout } from '~/ui/Callout';
import { QrCode } from '~/ui/QrCode';
import type { Enrollment } from '../../../api/model';
import classes from '../Accounts.module.css';

interface EnrolledProps {
  enrollment: Enrollment;
  onDone: () => void;
}

export default function Enrolled({ enrollment, onDone }: EnrolledProps) {
  const { operator, totp_secret, otpauth_uri } = enrollment;
  return (
    <Stack>
      <Callout tone="warn" title="Shown once">
        Have {operator.name} scan this with their authenticator app now. Without it they cannot sign
        in, and it cannot be shown again.
      </Callout>
      <QrCode text={otpauth_uri} label={`Code for the authenticator app of ${operator.email}`} />
      <div>
        <Text size="sm" c="dimmed">
          Or typed by hand:
        </Text>
        <div className={`num ${classes.secret}`}>{totp_secret}</div>
      </div>
      <Group justify="flex-end">
        <CopyButton value={totp_secret}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy the secret'}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onDone}>It is in the app</Button>
      </Group>
    </Stack>
  );
}
