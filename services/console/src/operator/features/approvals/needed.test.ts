import { expect, it } from 'vitest';
import { VERBS } from '../tenants/state';
import { needsApproval } from './needed';

const asked = (mode: 'off' | 'destructive', several: boolean) =>
  VERBS.filter((verb) => needsApproval(mode, verb, several));

it('is asked of a second operator for deletions, and for several at once', () => {
  expect(asked('off', true)).toEqual([]);
  expect(needsApproval('off', 'recover', false)).toBe(false);
  expect(needsApproval('destructive', 'recover', false)).toBe(true);
  expect(asked('destructive', false)).toEqual(['delete']);
  expect(asked('destructive', true)).toEqual(['suspend', 'freeze', 'delete']);
});
