import { describe, expect, it } from 'vitest';
import { exceptions, headline, sumUp } from './headline';

const none = { up: 0, down: 0, pending: 0, paused: 0, unknown: 0 };

describe('the headline', () => {
  it.each([
    [{}, 'Nothing is watched yet'],
    [{ up: 5 }, 'Everything answers'],
    [{ up: 3, down: 2 }, '2 of 5 endpoints are down'],
    [{ up: 4, down: 1, unknown: 3 }, '1 of 8 endpoints is down'],
    [{ down: 1 }, 'The endpoint is down'],
    [{ up: 4, unknown: 1 }, '1 of 5 endpoints could not be judged'],
    [{ pending: 1 }, 'Waiting for the first answer'],
    [{ pending: 2, paused: 1 }, 'Waiting for the first answers'],
    [{ up: 4, pending: 1 }, 'Everything answers'],
    [{ paused: 2 }, 'All endpoints are paused'],
  ])('for %j is "%s"', (totals, text) => expect(headline({ ...none, ...totals })).toBe(text));
});

it('names what is not simply up', () => {
  expect(exceptions({ ...none, up: 4, down: 2, paused: 1 })).toBe('2 down, 1 paused');
  expect(exceptions({ ...none, up: 4 })).toBe('all up');
});

describe('the sums', () => {
  const bar = (checks: number, failures: number) =>
    ({ at: '2026-11-20T10:00:00Z', state: 'up', checks, failures }) as const;

  it('count checks, not endpoints', () => {
    const busy = { id: 'a', bars: [bar(90, 0), bar(0, 0)], uptime_percent: 100, p95_ms: 80 };
    const idle = { id: 'b', bars: [bar(10, 5)], uptime_percent: 50, p95_ms: 900 };
    expect(sumUp([busy, idle])).toEqual({ checks: 100, uptimePercent: 95, slowestP95Ms: 900 });
  });

  it('are unknown without checks', () => {
    expect(sumUp([])).toEqual({ checks: 0, uptimePercent: null, slowestP95Ms: null });
  });
});
