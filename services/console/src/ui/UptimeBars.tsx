/** One bar per slice of time. A single tab stop; arrows step through, and the reading is spoken. */
import { Tooltip } from '@mantine/core';
import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import type { Bar } from '~/api/model';
import { plural } from '~/format/numbers';
import { formatDay, formatDayAndClock } from '~/format/time';
import { Ticks } from './Ticks';
import classes from './UptimeBars.module.css';

const DAY_S = 86_400;

/** `20 Nov: 1,438 of 1,440 checks answered`. */
export function readBar(bar: Bar, stepSeconds: number): string {
  const when = stepSeconds >= DAY_S ? formatDay(bar.at) : formatDayAndClock(bar.at);
  if (bar.checks === 0) return `${when}: no checks`;
  if (bar.failures === 0) return `${when}: ${plural(bar.checks, 'check')}, all answered`;
  return `${when}: ${bar.failures} of ${plural(bar.checks, 'check')} failed`;
}

interface UptimeBarsProps {
  bars: Bar[];
  stepSeconds: number;
  /** Whose bars these are. */
  label: string;
}

export function UptimeBars({ bars, stepSeconds, label }: UptimeBarsProps) {
  const last = bars.length - 1;
  const [chosen, choose] = useState(last);
  const at = Math.min(chosen, last);
  const bar = bars[at];
  if (!bar) return null;

  const troubled = bars.filter((each) => each.failures > 0).length;
  const step = (event: KeyboardEvent) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(Math.max(0, Math.min(last, to)));
  };
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = Math.floor(((event.clientX - box.left) / box.width) * bars.length);
    choose(Math.max(0, Math.min(last, index)));
  };

  const reading = readBar(bar, stepSeconds);
  return (
    <Tooltip label={reading} events={{ hover: true, focus: true, touch: true }}>
      <div
        className={classes.bars}
        role="slider"
        tabIndex={0}
        aria-label={`${label}: ${bars.length} bars, ${troubled} with failures`}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={at}
        aria-valuetext={reading}
        onKeyDown={step}
        onPointerMove={point}
      >
        <Ticks states={bars.map(({ state }) => state)} chosen={at} />
      </div>
    </Tooltip>
  );
}
