import { describe, expect, it } from 'vitest';
import { safeNext } from './next';

describe('the place after signing in', () => {
  it.each(['/endpoints', '/endpoints?state=down&sort=-name', '/endpoints/1#checks'])(
    'is kept on this host: %s',
    (next) => expect(safeNext(next)).toBe(next),
  );

  it.each([
    undefined,
    '',
    'endpoints',
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    '/login?next=/login',
  ])('is the overview instead of %s', (next) => expect(safeNext(next)).toBe('/'));
});
