/** One check of an address before it is saved. Nothing is recorded. */

import { Button, Text } from '@mantine/core';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { formatDuration } from '~/format/numbers';
import { formatWait } from '~/format/time';
import { Callout } from '~/ui/Callout';
import { StateMark } from '~/ui/StateMark';
import { PhaseBar } from '../PhaseBar';
import classes from './TryNow.module.css';
import { completeAddress, type EndpointValues, toTrial } from './values';

interface TryNowProps {
  /** As typed now: an answer about another address is not shown. */
  address: string;
  /** Tidies the address up before it is read. */
  before: () => void;
  ready: () => boolean;
  values: () => EndpointValues;
}

export function TryNow({ address, before, ready, values }: TryNowProps) {
  const trial = $api.useMutation('post', '/api/v1/endpoints/try', {
    meta: { handlesProblems: true },
  });
  const start = () => {
    before();
    if (!ready()) return;
    trial.mutate({ body: toTrial(values()) });
  };

  const current = trial.variables?.body.url === completeAddress(address);
  return (
    <div className={classes.trial}>
      <Button variant="default" size="xs" onClick={start} loading={trial.isPending}>
        Try it now
      </Button>
      <div role="status">
        {current && trial.isSuccess && (
          <div className={classes.answer}>
            <div className={classes.verdict}>
              <StateMark state={trial.data.outcome} />
              <span className="num">{formatDuration(trial.data.duration_ms)}</span>
            </div>
            <Text size="sm" className="wrap">
              {trial.data.message}
            </Text>
            <PhaseBar timings={trial.data.timings} />
          </div>
        )}
        {current && trial.isError && (
          <Callout tone="down" title="The trial was refused">
            {refusal(trial.error)}
          </Callout>
        )}
      </div>
    </div>
  );
}

/** A field's message says more than the summary above it. */
function refusal(error: unknown): string {
  if (!Problem.is(error)) return problemText(error);
  const wait = error.retryAfterSeconds
    ? ` Try again in ${formatWait(error.retryAfterSeconds)}.`
    : '';
  return (Object.values(error.fieldMessages())[0] ?? error.message) + wait;
}
