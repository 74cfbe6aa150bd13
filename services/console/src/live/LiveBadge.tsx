/** Whether what is on screen follows the world. */
import { Tooltip } from '@mantine/core';
import classes from './LiveBadge.module.css';
import { useLiveStatus } from './LiveProvider';

const WORDS = {
  connecting: { word: 'Connecting', why: 'Updates start in a moment' },
  live: { word: 'Live', why: 'Updates arrive as they happen' },
  retrying: { word: 'Reconnecting', why: 'What you see may be behind' },
} as const;

export function LiveBadge() {
  const { state } = useLiveStatus();
  const { word, why } = WORDS[state];
  return (
    <Tooltip label={why}>
      <span className={classes.badge} data-state={state} role="status">
        {word}
      </span>
    </Tooltip>
  );
}
