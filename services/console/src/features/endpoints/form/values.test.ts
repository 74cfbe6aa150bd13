import { describe, expect, it } from 'vitest';
import { shop } from '~/test/render';
import {
  completeAddress,
  endpointForm,
  newEndpoint,
  suggestedName,
  toBody,
  toFormFields,
  toTrial,
  toValues,
} from './values';

const valid = { ...newEndpoint, url: 'https://shop.example', name: 'Shop' };
const faults = (change: object) =>
  endpointForm.safeParse({ ...valid, ...change }).error?.issues.map(({ message }) => message) ?? [];

describe('an address', () => {
  it.each([
    ['shop.example/health', 'https://shop.example/health'],
    ['shop.example:8443/health', 'https://shop.example:8443/health'],
    ['http://shop.example', 'http://shop.example'],
    ['  https://shop.example ', 'https://shop.example'],
    ['ftp://shop.example', 'ftp://shop.example'],
    ['', ''],
  ])('typed as %j becomes %j', (typed, complete) => expect(completeAddress(typed)).toBe(complete));

  it.each(['', 'shop', 'ftp://shop.example', 'javascript:alert(1)', 'https://'])(
    'is refused as %j',
    (url) => expect(faults({ url })).toHaveLength(1),
  );

  it('names the endpoint until somebody else does', () => {
    expect(suggestedName('https://www.shop.example/health')).toBe('shop.example');
    expect(suggestedName('nonsense')).toBe('');
  });
});

describe('the form', () => {
  it.each(['200', '200-299', '200-299,301', ' 200 - 204 , 301 '])('takes the codes %j', (codes) =>
    expect(faults({ expected_codes: codes })).toEqual([]),
  );

  it.each(['', '2xx', '200-', '99', '600', '200;301'])('refuses the codes %j', (codes) =>
    expect(faults({ expected_codes: codes })).toHaveLength(1),
  );

  it('does not wait longer than until the next check', () => {
    expect(faults({ interval_seconds: '30', timeout_seconds: 31 })).toEqual([
      'Not longer than the time between two checks',
    ]);
  });

  it('goes to the API and back without loss', () => {
    expect(toBody(toValues({ ...shop, timeout_ms: 2_500 }))).toMatchObject({
      name: 'Shop',
      interval_seconds: 60,
      timeout_ms: 2_500,
    });
  });

  it('tries an unfinished form, and never for longer than a trial may take', () => {
    const trial = toTrial({ ...valid, timeout_seconds: 45, expected_codes: ' ' });
    expect(trial).toEqual({
      url: 'https://shop.example',
      method: 'GET',
      timeout_ms: 10_000,
      expected_codes: '200-299',
    });
  });

  it('finds its fields under the names the API has for them', () => {
    expect(toFormFields({ timeout_ms: 'Shorter.', name: 'Longer.' })).toEqual({
      timeout_seconds: 'Shorter.',
      name: 'Longer.',
    });
  });
});
