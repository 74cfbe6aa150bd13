/** A state as a word; the further from everyday, the louder. */
import classes from './StateWord.module.css';
import { stateWord } from './state';

export function StateWord({ state }: { state: string }) {
  return (
    <span className={classes.state} data-state={state}>
      {stateWord(state)}
    </span>
  );
}
