/** The marks of the console. The worse the state, the taller the tick: colour never stands alone. */
import clsx from 'clsx';
import type { CSSProperties } from 'react';
import type { Bar } from '~/api/model';
import classes from './Ticks.module.css';

export const TICK_FIELD = 28;

const HEIGHTS: Record<Bar['state'], number> = { up: 16, unknown: 22, down: 28, none: 6 };

/** Centred on the field, as the eye reads a row of them. */
export const tick = (state: Bar['state']) => ({
  className: classes[state],
  y: (TICK_FIELD - HEIGHTS[state]) / 2,
  height: HEIGHTS[state],
});

/** A row of ticks spread over its box; `chosen` stands a little wider. */
export function Ticks({ states, chosen }: { states: Bar['state'][]; chosen?: number }) {
  const pitch = 100 / states.length;
  return (
    <svg
      className={classes.row}
      style={{ '--pitch': `${pitch}%` } as CSSProperties}
      aria-hidden="true"
    >
      {states.map((state, index) => {
        const { className, ...shape } = tick(state);
        const x = `${index * pitch}%`;
        return (
          <rect
            key={x}
            x={x}
            className={clsx(classes.tick, className, index === chosen && classes.chosen)}
            {...shape}
          />
        );
      })}
    </svg>
  );
}
