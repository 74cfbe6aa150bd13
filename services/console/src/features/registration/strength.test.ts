import { expect, it } from 'vitest';
import { scorePassword } from './strength';

it.each(['passwordpassword', 'P@ssw0rd1234', 'aaaaaaaaaaaaaaaa', 'qwertyuiop[]'])(
  'a common password is not good, however dressed up: %s',
  (password) => expect(scorePassword(password, [])).toBeLessThan(3),
);

it('a few uncommon words are good', () => {
  expect(scorePassword('tangerine plinth oboe', [])).toBeGreaterThanOrEqual(3);
});

it('the words of the context do not count', () => {
  expect(scorePassword('acmerockets1', ['acmerockets'])).toBeLessThan(2);
});
