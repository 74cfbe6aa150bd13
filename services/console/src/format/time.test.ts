import { expect, it } from 'vitest';
import { formatAgo, formatSpan, formatUtc, formatWait } from './time';

const NOW = Date.parse('2026-11-20T14:00:00Z');

it.each([
  ['2026-11-20T13:59:58Z', 'just now'],
  ['2026-11-20T13:59:20Z', '40 s ago'],
  ['2026-11-20T13:51:00Z', '9 min ago'],
  ['2026-11-20T11:30:00Z', '2 h ago'],
  ['2026-11-17T14:00:00Z', '3 d ago'],
])('%s was %s', (at, text) => expect(formatAgo(at, NOW)).toBe(text));

it('a server clock that runs ahead gives no future', () => {
  expect(formatAgo('2026-11-20T14:00:09Z', NOW)).toBe('just now');
});

it.each([
  ['2026-11-20T13:59:30Z', 'under a minute'],
  ['2026-11-20T13:20:00Z', '40 min'],
  ['2026-11-20T12:00:00Z', '2 h'],
  ['2026-11-20T11:50:00Z', '2 h 10 min'],
  ['2026-11-18T11:00:00Z', '2 d 3 h'],
])('a state since %s has lasted %s', (from, text) => expect(formatSpan(from, NOW)).toBe(text));

it('the exact instant reads like a log line', () => {
  expect(formatUtc('2026-11-20T14:02:31.123Z')).toBe('2026-11-20 14:02:31 UTC');
});

it('a wait is counted in what a person would count it in', () => {
  expect(formatWait(42)).toBe('42 s');
  expect(formatWait(224)).toBe('4 min');
});
