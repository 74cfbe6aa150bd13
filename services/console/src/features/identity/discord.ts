/** The way to Discord: what this tab keeps, so that nobody else's way back can end in it. */
import { baseUrl } from '~/host';

const KEY = 'signalbox.discord';

/** Whether somebody signs in, or links Discord to the account they are signed in to. */
export type Intent = 'sign_in' | 'link';

export interface Begun {
  page: string;
  intent: Intent;
}

/** 32 random bytes in base64url. */
function secret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Where the way begins, and keeps in this tab what its end needs. */
export function beginDiscord(intent: Intent, next?: string): string {
  const page = secret();
  sessionStorage.setItem(KEY, JSON.stringify({ page, intent } satisfies Begun));
  const query = new URLSearchParams({ host: location.hostname, page });
  if (next) query.set('next', next);
  return `${baseUrl()}/api/v1/auth/discord/start?${query}`;
}

/** What this tab began, once. */
export function takeBegun(): Begun | null {
  const kept = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  try {
    const begun = JSON.parse(kept ?? 'null') as Partial<Begun> | null;
    if (typeof begun?.page !== 'string') return null;
    return { page: begun.page, intent: begun.intent === 'link' ? 'link' : 'sign_in' };
  } catch {
    return null;
  }
}

/** Why Discord sent somebody back without a code, by the word in the address. */
export const TURNED: Record<string, string> = {
  invalid_state: 'This took too long, or began in another browser.',
  denied: 'You did not agree at Discord.',
  email_missing: 'Your Discord account has no e-mail address. Add one there and prove it first.',
  email_unverified:
    'The e-mail address of your Discord account is not proven. Prove it there first.',
  provider_unreached: 'Discord does not answer as it should. Try again later.',
};
