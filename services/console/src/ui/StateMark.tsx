/** A state as word and shape. */
import clsx from 'clsx';
import type { EndpointState } from '~/api/model';
import classes from './StateMark.module.css';
import { TICK_FIELD, tick } from './Ticks';

const WORDS: Record<EndpointState, string> = {
  up: 'Up',
  down: 'Down',
  unknown: 'Unknown',
  pending: 'Waiting',
  paused: 'Paused',
};

export const stateWord = (state: EndpointState): string => WORDS[state];

export function StateTick({ state }: { state: EndpointState }) {
  return (
    <svg className={classes.tick} viewBox={`0 0 10 ${TICK_FIELD}`} aria-hidden="true">
      {state === 'paused' ? (
        <path className={classes.paused} d="M2.5 9v10M7.5 9v10" />
      ) : (
        <rect x="3" width="4" {...tick(state === 'pending' ? 'none' : state)} />
      )}
    </svg>
  );
}

export function StateMark({ state, loud }: { state: EndpointState; loud?: boolean }) {
  return (
    <span className={clsx(classes.mark, loud && classes.loud)} data-state={state}>
      <StateTick state={state} />
      {stateWord(state)}
    </span>
  );
}
