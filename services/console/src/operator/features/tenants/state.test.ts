import { describe, expect, it } from 'vitest';
import { formatBytes } from './size';
import { asState, MEANING, STATES, stateWord, VERBS, verbsFor } from './state';

describe('the life of an organisation', () => {
  it('never offers what changes nothing, and nothing at its end', () => {
    expect(verbsFor('active')).not.toContain('resume');
    expect(verbsFor('suspended')).not.toContain('suspend');
    expect(verbsFor('deleting')).toEqual(['undelete']);
    expect(verbsFor('deleted')).toEqual([]);
    expect(verbsFor('something new')).toEqual([]);
  });

  it('reaches every verb from some state', () => {
    const reached = new Set(STATES.flatMap((state) => verbsFor(state)));
    expect([...reached].sort()).toEqual([...VERBS].sort());
  });

  it('says of deletion alone that something is lost', () => {
    expect(VERBS.filter((verb) => MEANING[verb].destructive)).toEqual(['delete']);
  });

  it('shows a state it does not know as it was sent', () => {
    expect(asState('archived')).toBeUndefined();
    expect(stateWord('archived')).toBe('archived');
    expect(stateWord('read_only')).toBe('Read only');
  });
});

it.each([
  [null, '–'],
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [20 * 1024 ** 2, '20 MiB'],
  [1.44 * 1024 ** 3, '1.4 GiB'],
])('writes %s bytes as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
