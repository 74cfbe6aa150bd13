import { describe, expect, it } from 'vitest';
import { actionWords, actorWords, detailWords } from './words';

describe('an act in words', () => {
  it('is named, or at least readable', () => {
    expect(actionWords('tenant.deletion_began')).toBe('Deletion began');
    expect(actionWords('backup.was_taken')).toBe('Backup: was taken');
  });

  it.each([
    ['operator:01', 'ada@example.com', 'ada@example.com'],
    ['cli:ada', null, 'ada, at a terminal'],
    ['worker', null, 'the platform itself'],
    ['stranger', null, 'somebody at the sign-in'],
    ['operator:01', null, 'operator:01'],
  ])('says who did it: %s', (actor, actor_email, words) => {
    expect(actorWords({ actor, actor_email })).toBe(words);
  });

  it('tells a move first, and leaves out what is empty', () => {
    expect(detailWords({ from: 'active', to: 'read_only' })).toBe('active to read only');
    expect(detailWords({ plan: 'pro', limits: { endpoints: 5 } })).toBe('plan: pro, endpoints: 5');
    expect(detailWords({ slug: 'acme', name: null, limits: {} })).toBe('slug: acme');
    expect(detailWords({})).toBe('');
  });
});
