/** Median as a line, the way up to p95 as a band; a gap in the data is a gap in the plot. */
import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import type { LatencyPoint, Window } from '~/api/model';
import { formatDuration } from '~/format/numbers';
import { formatClock, formatDay, formatDayAndClock } from '~/format/time';
import classes from './History.module.css';

const HEIGHT = 240;
const LABEL_ROOM = 40;
const FONT = '11px "Martian Mono Variable"';

function toSeries(points: LatencyPoint[]): uPlot.AlignedData {
  return [
    points.map(({ at }) => Date.parse(at) / 1_000),
    points.map(({ p50_ms }) => p50_ms ?? null),
    points.map(({ p95_ms }) => p95_ms ?? null),
  ];
}

/** A value between two gaps has no line to be seen by. */
const isolated = (plot: uPlot, series: number): number[] => {
  const values = [...(plot.data[series] ?? [])];
  return values.flatMap((value, at) =>
    value != null && values[at - 1] == null && values[at + 1] == null ? [at] : [],
  );
};

interface Ink {
  text: string;
  rule: string;
  line: string;
  band: string;
}

function readInk(): Ink {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: token('--mantine-color-dimmed'),
    rule: token('--rule'),
    line: token('--mantine-primary-color-filled'),
    band: `${token('--warn')}1f`,
  };
}

/** Names the lines at their right end, so that no legend is needed. */
function labelEnds(plot: uPlot, ink: Ink): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.font = FONT.replace('11', String(11 * ratio));
  ctx.fillStyle = ink.text;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  const taken: number[] = [];
  for (const [series, name] of [
    [2, 'p95'],
    [1, 'p50'],
  ] as const) {
    const value = [...(plot.data[series] ?? [])].findLast((each) => each != null);
    if (value == null) continue;
    const y = plot.valToPos(value, 'y', true);
    const free = taken.every((other) => Math.abs(other - y) >= 12 * ratio);
    const at = free ? y : (taken[0] ?? y) + 12 * ratio;
    taken.push(at);
    ctx.fillText(name, bbox.left + bbox.width + 6 * ratio, at);
  }
  ctx.restore();
}

function options(window: Window, ink: Ink, onPoint: (index: number | null) => void): uPlot.Options {
  const axis = {
    stroke: ink.text,
    font: FONT,
    grid: { stroke: ink.rule, width: 1 },
    ticks: { show: false },
  };
  const onAxis = window === '24h' ? formatClock : formatDay;
  return {
    width: 0,
    height: HEIGHT,
    padding: [8, LABEL_ROOM, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { y: { range: (_plot, _min, max) => [0, (max || 1) * 1.1] } },
    series: [
      {},
      { stroke: ink.line, width: 1.4, points: { show: true, size: 5, filter: isolated } },
      { stroke: 'transparent', width: 0, points: { show: false } },
    ],
    bands: [{ series: [2, 1], fill: ink.band }],
    axes: [
      {
        ...axis,
        size: 28,
        space: 72,
        values: (_plot, at) => at.map((each) => onAxis(each * 1_000)),
      },
      { ...axis, size: 64, values: (_plot, ms) => ms.map(formatDuration) },
    ],
    hooks: {
      setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)],
      draw: [(plot) => labelEnds(plot, ink)],
    },
  };
}

interface LatencyPlotProps {
  points: LatencyPoint[];
  window: Window;
  name: string;
}

export function LatencyPlot({ points, window, name }: LatencyPlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  const [index, setIndex] = useState<number | null>(null);
  const series = useMemo(() => toSeries(points), [points]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the ink is read from the scheme's tokens.
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const plot = new uPlot(options(window, readInk(), setIndex), series, element);
    const fit = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    fit.observe(element);
    return () => {
      fit.disconnect();
      plot.destroy();
    };
  }, [series, window, scheme]);

  return (
    <div>
      <div className={classes.reading} aria-hidden="true">
        {reading(index === null ? undefined : points[index])}
      </div>
      <div ref={box} className={classes.plot} role="img" aria-label={describe(points, name)} />
    </div>
  );
}

function reading(point: LatencyPoint | undefined): string {
  if (!point) return '';
  const when = formatDayAndClock(point.at);
  if (point.p50_ms == null) return `${when}: no answers`;
  return `${when}: median ${formatDuration(point.p50_ms)}, p95 ${formatDuration(point.p95_ms)}`;
}

function describe(points: LatencyPoint[], name: string): string {
  const worst = Math.max(...points.map(({ p95_ms }) => p95_ms ?? 0));
  const last = points.findLast(({ p50_ms }) => p50_ms != null);
  return `Response times of ${name}: median ${formatDuration(last?.p50_ms)} lately, 95th percentile ${formatDuration(worst)} at worst. The table shows every figure.`;
}
