import { expect, it } from 'vitest';
import { actionWords, changesOf, targetWords } from './changes';
import { exportLink, filterOf } from './search';

const value = (fields: unknown) => fields as Record<string, never>;

it('fields stand side by side, whichever side names them', () => {
  const changes = changesOf({
    before: value({ name: 'Shop', limits: { max: 3 } }),
    after: value({ name: 'Store', note: null }),
  });
  expect(changes).toEqual([
    { field: 'name', before: 'Shop', after: 'Store' },
    { field: 'limits', before: '{"max":3}', after: undefined },
    { field: 'note', before: undefined, after: 'null' },
  ]);
  expect(changesOf({ before: null, after: null })).toEqual([]);
  expect(changesOf({ before: null, after: value(7) })).toEqual([
    { field: 'value', before: undefined, after: '7' },
  ]);
});

it('an action is said in words, and a thing by the name it has now', () => {
  expect(actionWords('sign_in_policy.changed')).toBe('Sign in policy changed');
  const entry = {
    target: { kind: 'endpoint', id: 'e1' },
    before: value({ name: 'Shop' }),
    after: value({ name: 'Store' }),
  } as Parameters<typeof targetWords>[0];
  expect(targetWords(entry)).toBe('Store');
  expect(targetWords({ ...entry, before: null, after: null })).toBe('Endpoint');
  expect(
    targetWords({ ...entry, target: { kind: 'user', id: 'u1', name: 'ada@acme.example' } }),
  ).toBe('ada@acme.example');
});

it('days of the viewer become instants, the last one included', () => {
  const filter = filterOf({ from: '2026-11-20', to: '2026-11-20', q: 'shop' });
  const [from, to] = [new Date(filter.from ?? ''), new Date(filter.to ?? '')];
  expect(to.getTime() - from.getTime()).toBe(24 * 60 * 60 * 1_000);
  expect([from.getHours(), from.getDate()]).toEqual([0, 20]);
  expect(filterOf({ from: '2026-99-99' })).toEqual({});
  expect(exportLink({ q: 'a b&c' }, 'csv')).toBe('/api/v1/audit/export?q=a+b%26c&format=csv');
});
