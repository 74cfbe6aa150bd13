/** Where an owner who lost access comes back in, by the link that operators sent to another address. */
import { List, Text } from '@mantine/core';
import { PasswordByLink } from './PasswordByLink';

export function RecoverOwnership() {
  return (
    <PasswordByLink
      path="/api/v1/auth/recovery"
      eyebrow="Your way back"
      title="Your way back in"
      before={
        <List size="sm" spacing={4}>
          <List.Item>You own the workspace again, by the address of this mail.</List.Item>
          <List.Item>
            Codes, passkeys, Discord and API keys of the account end, and so does whatever is signed
            in.
          </List.Item>
          <List.Item>Every member gets a mail that says so.</List.Item>
        </List>
      }
      label="Take my account back"
      done={(email) => ({
        title: 'You are back',
        said: `Sign in as ${email} from now on, and set up a second factor.`,
      })}
      dead={<Text>Operators can be asked for another one.</Text>}
    />
  );
}
