import { describe, expect, it } from 'vitest';
import { formatDuration, formatInterval, formatPercent, plural } from './numbers';

describe('a percentage', () => {
  it('is cut, so that only a whole hundred reads as one', () => {
    expect(formatPercent(99.999)).toBe('99.99%');
    expect(formatPercent(100)).toBe('100.00%');
  });

  it('does not lose a hundredth to binary fractions', () => {
    expect(formatPercent(98.63)).toBe('98.63%');
    expect(formatPercent(1.15)).toBe('1.15%');
  });

  it('is a dash without checks', () => {
    expect(formatPercent(null)).toBe('–');
    expect(formatPercent(undefined)).toBe('–');
  });
});

describe('a duration', () => {
  it.each([
    [0, '0 ms'],
    [0.04, '<0.1 ms'],
    [4.26, '4.3 ms'],
    [9.96, '10 ms'],
    [432.4, '432 ms'],
    [999.6, '1.00 s'],
    [1_240, '1.24 s'],
    [12_340, '12.3 s'],
  ])('of %s ms reads %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it('is a dash where nothing was measured', () => expect(formatDuration(null)).toBe('–'));
});

it('an interval reads after "every"', () => {
  expect(formatInterval(60)).toBe('minute');
  expect(formatInterval(300)).toBe('5 minutes');
  expect(formatInterval(90)).toBe('90 seconds');
  expect(formatInterval(86_400)).toBe('day');
  expect(formatInterval(2.5)).toBe('2.5 seconds');
});

it('counts agree with their noun', () => {
  expect(plural(1, 'check')).toBe('1 check');
  expect(plural(1_440, 'check')).toBe('1,440 checks');
});
