/** The rules the API holds a new password to, told while it is typed. The API stays the judge. */

export const MIN_LENGTH = 12;
export const MAX_LENGTH = 128;
/** A shorter word of the context turns up in good passwords by accident. */
const MIN_WORD = 4;

export interface Context {
  organizationName: string;
  email: string;
}

const letters = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** What a guesser would try first, whatever its case and punctuation. */
export function contextWords({ organizationName, email }: Context): string[] {
  const local = email.split('@')[0] ?? '';
  return [organizationName, email, local].map(letters).filter((word) => word.length >= MIN_WORD);
}

export function fits(password: string): boolean {
  const length = [...password].length;
  return length >= MIN_LENGTH && length <= MAX_LENGTH;
}

export function namesContext(password: string, context: Context): boolean {
  const plain = letters(password);
  return contextWords(context).some((word) => plain.includes(word));
}
