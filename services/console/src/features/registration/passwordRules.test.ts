import { describe, expect, it } from 'vitest';
import { fits, namesContext } from './passwordRules';

const context = { organizationName: 'Acme Rockets', email: 'wile.coyote@acme.example' };

describe('the length of a password', () => {
  it('is counted in characters, at both ends', () => {
    expect(fits('qW7#pL9!xT2')).toBe(false);
    expect(fits('qW7#pL9!xT2v')).toBe(true);
    expect(fits('🦊'.repeat(12))).toBe(true);
    expect(fits('x'.repeat(129))).toBe(false);
  });
});

describe('what everybody knows about the owner', () => {
  it.each([
    'acmerockets plinth oboe',
    'my ACME-rockets tangerine',
    'WileCoyote tangerine plinth',
    'tangerine wile.coyote@acme.example',
  ])('is found in %s', (password) => expect(namesContext(password, context)).toBe(true));

  it('is not found in unrelated words, nor in words too short to mean anything', () => {
    expect(namesContext('tangerine plinth oboe', context)).toBe(false);
    const short = { organizationName: 'hip', email: 'hi@hip.example' };
    expect(namesContext('hip tangerine plinth', short)).toBe(false);
  });
});
