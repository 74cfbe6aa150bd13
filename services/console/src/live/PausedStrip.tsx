/** Says that the page has gone deaf, since when, and when it tries again. */
import { Button } from '@mantine/core';
import { formatClock, formatWait } from '~/format/time';
import { useSecondsUntil } from '~/ui/useNow';
import classes from './LiveBadge.module.css';
import { useLiveStatus, useRetryNow } from './LiveProvider';

/** Short losses mend themselves before anybody needs to know. */
const PATIENCE_MS = 10_000;

export function PausedStrip() {
  const status = useLiveStatus();
  return status.state === 'retrying' ? <Strip {...status} /> : null;
}

function Strip({ since, nextAttemptAt }: { since: number; nextAttemptAt: number }) {
  const retryNow = useRetryNow();
  const hidden = useSecondsUntil(since + PATIENCE_MS) > 0;
  const left = useSecondsUntil(nextAttemptAt);
  if (hidden) return null;
  return (
    <div className={classes.strip} role="status">
      <span>
        Updates paused since <span className="num">{formatClock(since)}</span>.{' '}
        {left > 0 ? `Trying again in ${formatWait(left)}.` : 'Trying again.'}
      </span>
      <Button size="compact-sm" variant="default" onClick={retryNow}>
        Try now
      </Button>
    </div>
  );
}
