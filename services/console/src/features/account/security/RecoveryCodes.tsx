/** Recovery codes, shown once: to be kept where the phone is not. */
import { Button, CopyButton, Group, Stack } from '@mantine/core';
import { Callout } from '~/ui/Callout';
import classes from './Security.module.css';

export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const text = codes.join('\n');
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`${text}\n`)}`;
  return (
    <Stack>
      <Callout tone="warn" title="Shown once">
        Each lets you in once, without your app. Keep them where your phone is not.
      </Callout>
      <ul className={classes.codes} aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code} className="num">
            {code}
          </li>
        ))}
      </ul>
      <Group justify="flex-end">
        <Button
          component="a"
          variant="default"
          href={file}
          download={`signalbox-recovery-codes-${location.hostname}.txt`}
        >
          Download
        </Button>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onDone}>I have kept them</Button>
      </Group>
    </Stack>
  );
}
