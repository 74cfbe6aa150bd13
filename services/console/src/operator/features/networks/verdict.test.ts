import { describe, expect, it } from 'vitest';
import { authorWords, endOf, SPANS, verdictWords } from './verdict';

describe('a network in words', () => {
  it('says what is thought of it, and that this is over', () => {
    expect(verdictWords({ verdict: 'blocked', in_force: true })).toBe('blocked');
    expect(verdictWords({ verdict: 'trusted', in_force: false })).toBe('was trusted');
  });

  it('says who said so', () => {
    const by = (created_by: string, created_by_email: string | null) =>
      authorWords({ created_by, created_by_email });
    expect(by('operator:1', 'ada@example.com')).toBe('ada@example.com');
    expect(by('cli:ada', null)).toBe('ada, at a terminal');
    expect(by('operator:1', null)).toBe('operator:1');
  });

  it('ends when its span does', () => {
    const now = Date.parse('2026-11-20T10:00:00Z');
    expect(SPANS.map(({ value }) => endOf(value, now))).toEqual([
      '2026-11-20T11:00:00.000Z',
      '2026-11-21T10:00:00.000Z',
      '2026-11-27T10:00:00.000Z',
      '2026-12-20T10:00:00.000Z',
      null,
    ]);
  });
});
