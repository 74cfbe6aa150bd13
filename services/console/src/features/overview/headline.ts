/** The overview in words and sums. */
import type { StateTotals, SummaryItem } from '~/api/model';

export const watched = ({ up, down, pending, paused, unknown }: StateTotals): number =>
  up + down + pending + paused + unknown;

/** One sentence, the worst first. */
export function headline(totals: StateTotals): string {
  const { up, down, pending, paused, unknown } = totals;
  const all = watched(totals);
  const of = all === 1 ? 'endpoint' : `of ${all} endpoints`;
  const are = (count: number) => (count === 1 ? 'is' : 'are');
  if (all === 0) return 'Nothing is watched yet';
  if (down > 0) return all === 1 ? 'The endpoint is down' : `${down} ${of} ${are(down)} down`;
  if (unknown > 0) {
    return all === 1 ? 'The endpoint could not be judged' : `${unknown} ${of} could not be judged`;
  }
  if (paused === all) return all === 1 ? 'The endpoint is paused' : 'All endpoints are paused';
  if (up === 0) return `Waiting for the first ${pending === 1 ? 'answer' : 'answers'}`;
  return 'Everything answers';
}

export interface Sums {
  checks: number;
  uptimePercent: number | null;
  slowestP95Ms: number | null;
}

/** Over all checks of the window: an endpoint checked more often counts for more. */
export function sumUp(items: SummaryItem[]): Sums {
  let checks = 0;
  let failures = 0;
  let slowest: number | null = null;
  for (const { bars, p95_ms } of items) {
    for (const bar of bars) {
      checks += bar.checks;
      failures += bar.failures;
    }
    if (p95_ms != null && p95_ms > (slowest ?? -1)) slowest = p95_ms;
  }
  return {
    checks,
    uptimePercent: checks === 0 ? null : ((checks - failures) / checks) * 100,
    slowestP95Ms: slowest,
  };
}

/** `2 down, 1 paused`: what is not simply up. */
export function exceptions({ down, unknown, pending, paused }: StateTotals): string {
  const parts = [
    [down, 'down'],
    [unknown, 'unknown'],
    [pending, 'waiting'],
    [paused, 'paused'],
  ] as const;
  const named = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return named.join(', ') || 'all up';
}
