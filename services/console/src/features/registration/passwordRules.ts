/** The rules the API holds a new password to, told while it is typed. The API stays the judge. */

export const MIN_LENGTH = 12;
export const MAX_LENGTH = 128;
/** Shorter words turn up in good passwords by chance. */
const MIN_WORD = 4;

export interface Context {
  organizationName: string;
  email: string;
}

/** What a guesser would try first: the organisation's words, the address and its parts. */
export function contextWords({ organizationName, email }: Context): string[] {
  const [local = '', domain = ''] = email.toLowerCase().split('@');
  const name = organizationName.toLowerCase();
  const words = [name, name.replace(/[^\p{L}\p{N}]/gu, ''), ...name.split(/[^\p{L}\p{N}]+/u)];
  words.push(email.toLowerCase(), local, domain.split('.')[0] ?? '');
  return [...new Set(words)].filter((word) => word.length >= MIN_WORD);
}

export const fits = (password: string): boolean => {
  const length = [...password].length;
  return length >= MIN_LENGTH && length <= MAX_LENGTH;
};

export function namesContext(password: string, context: Context): boolean {
  const lower = password.toLowerCase();
  return contextWords(context).some((word) => lower.includes(word));
}
