/** Figures as people read them. */

const whole = new Intl.NumberFormat('en');

export const formatCount = (value: number): string => whole.format(value);

/** `432 ms`, `1.24 s`. Sub-millisecond answers keep one decimal: 0 ms would be a lie. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms == null) return '–';
  if (ms >= 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms >= 999.5) return `${(ms / 1_000).toFixed(2)} s`;
  if (ms > 0 && ms < 0.05) return '<0.1 ms';
  if (ms > 0 && ms < 9.95) return `${ms.toFixed(1)} ms`;
  return `${Math.round(ms)} ms`;
}

/** Cut, never rounded: 99.999 % is not a hundred. */
export function formatPercent(value: number | null | undefined): string {
  if (value == null) return '–';
  return `${(Math.floor(value * 100 + 1e-9) / 100).toFixed(2)}%`;
}

const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** `60` -> `minute`, `90` -> `90 seconds`: reads after "every". */
export function formatInterval(seconds: number): string {
  for (const [size, word] of UNITS) {
    if (seconds % size !== 0) continue;
    const count = seconds / size;
    return count === 1 ? word : `${count} ${word}s`;
  }
  return `${seconds} seconds`;
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;
