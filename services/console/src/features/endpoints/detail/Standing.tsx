/** How it is right now: state, since when, and the sentence that says why. */
import { Anchor } from '@mantine/core';
import type { Endpoint } from '~/api/model';
import { formatSpan } from '~/format/time';
import { Ago } from '~/ui/Ago';
import { StateMark } from '~/ui/StateMark';
import { useNow } from '~/ui/useNow';
import classes from './Standing.module.css';

export function Standing({ endpoint }: { endpoint: Endpoint }) {
  const { state, url, last_result: last, last_checked_at: checked } = endpoint;
  const now = useNow();
  const since = endpoint.state_changed_at;
  return (
    <div className={classes.standing}>
      <div className={classes.line}>
        <StateMark state={state} loud />
        {since && state !== 'pending' && (
          <span className={classes.dim}>for {formatSpan(since, now)}</span>
        )}
        {checked && (
          <span className={classes.dim}>
            checked <Ago at={checked} />
          </span>
        )}
      </div>
      <p className={classes.sentence}>{sentence(state, last?.message)}</p>
      <Anchor href={url} target="_blank" rel="noopener noreferrer" size="sm" className="wrap">
        {url}
      </Anchor>
    </div>
  );
}

function sentence(state: Endpoint['state'], message: string | undefined): string {
  if (state === 'paused') return 'No checks run until it is resumed. Its history is kept.';
  return message ?? 'The first check is on its way.';
}
