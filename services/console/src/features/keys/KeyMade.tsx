/** The secret of a new key. Shown once. */
import { Button, CopyButton, Group, Stack } from '@mantine/core';
import { Callout } from '~/ui/Callout';
import classes from './Keys.module.css';

export default function KeyMade({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <Stack>
      <Callout tone="warn" title="Shown once">
        Put it where your program keeps its secrets. It is sent as Authorization: Bearer, to this
        address.
      </Callout>
      <div className={`num ${classes.secret}`}>{secret}</div>
      <Group justify="flex-end">
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onDone}>It is kept</Button>
      </Group>
    </Stack>
  );
}
