import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { $api } from '~/api/client';
import { endpointQuery } from '~/features/endpoints/queries';
import { createInvalidator, familyOf, touchedBy } from './hints';
import type { Hint } from './messages';

const about = (type: Hint['type'], id = 'e1'): Hint => ({
  epoch: 'a',
  seq: 1,
  room: 'org',
  type,
  id,
});
const list = $api.queryOptions('get', '/api/v1/endpoints', { params: { query: { limit: 50 } } });
const summary = $api.queryOptions('get', '/api/v1/endpoints/summary');
const results = (id: string) =>
  $api.queryOptions('get', '/api/v1/endpoints/{id}/results', { params: { path: { id } } });

describe('a hint', () => {
  it('about a change touches list, figures and that endpoint alone', () => {
    const { prompt } = touchedBy(about('endpoint.changed'));
    expect(prompt).toContain(familyOf(list.queryKey));
    expect(prompt).toContain(familyOf(summary.queryKey));
    expect(prompt).toContain(familyOf(endpointQuery('e1').queryKey));
    expect(prompt).not.toContain(familyOf(endpointQuery('e2').queryKey));
  });

  it('never moves the list of checks somebody may be reading', () => {
    const { prompt, calm } = touchedBy(about('result.recorded'));
    expect([...prompt, ...calm]).not.toContain(familyOf(results('e1').queryKey));
  });
});

describe('invalidation', () => {
  const queryClient = new QueryClient();
  const invalidate = vi.spyOn(queryClient, 'invalidateQueries').mockResolvedValue();
  let invalidator: ReturnType<typeof createInvalidator>;

  beforeEach(() => {
    vi.useFakeTimers();
    invalidate.mockClear();
    invalidator = createInvalidator(queryClient);
  });
  afterEach(() => {
    invalidator.stop();
    vi.useRealTimers();
  });

  it('follows the first hint at once and gathers the rest of a burst', () => {
    for (let index = 0; index < 40; index += 1)
      invalidator.hear(about('endpoint.changed', `e${index}`));
    expect(invalidate).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(250);
    expect(invalidate).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(5_000);
    expect(invalidate).toHaveBeenCalledTimes(2);
  });

  it('asks for sums of a busy organisation every few seconds, not with every check', () => {
    for (let second = 0; second < 20; second += 1) {
      invalidator.hear(about('result.recorded'));
      vi.advanceTimersByTime(1_000);
    }
    const sums = invalidate.mock.calls.filter(([filters]) =>
      filters?.predicate?.({ queryKey: summary.queryKey } as never),
    );
    expect(sums.length).toBeLessThanOrEqual(5);
    expect(sums.length).toBeGreaterThanOrEqual(4);
  });
});
