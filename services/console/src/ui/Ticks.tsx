/** The marks of the console. The worse the state, the taller the tick: colour never stands alone. */
import type { Bar } from '~/api/model';
import classes from './Ticks.module.css';

export const TICK_FIELD = 28;

const PITCH = 4;
const HEIGHTS: Record<Bar['state'], number> = { up: 16, unknown: 22, down: 28, none: 6 };

/** Centred on the field, as the eye reads a row of them. */
export const tick = (state: Bar['state']) => ({
  className: classes[state],
  y: (TICK_FIELD - HEIGHTS[state]) / 2,
  height: HEIGHTS[state],
});

/** A row of ticks that fills its box; `chosen` stands a little wider. */
export function Ticks({ states, chosen }: { states: Bar['state'][]; chosen?: number }) {
  return (
    <svg
      className={classes.row}
      viewBox={`0 0 ${states.length * PITCH} ${TICK_FIELD}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {states.map((state, index) => {
        const x = index * PITCH;
        return <rect key={x} x={x} width={index === chosen ? 3.4 : 2.6} {...tick(state)} />;
      })}
    </svg>
  );
}
