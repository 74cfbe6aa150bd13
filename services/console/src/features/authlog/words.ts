/** Attempts to sign in, in words. */

const OUTCOMES: Record<string, string> = {
  signed_in: 'Signed in',
  wrong_password: 'Wrong password',
  unverified: 'Address not verified',
  deactivated: 'Account is switched off',
  limited: 'Too many attempts',
  signed_out: 'Signed out',
  confirmed: 'Proved it again',
  confirmation_refused: 'Could not prove it again',
  refreshed: 'Token renewed',
  refresh_refused: 'Token not good',
  refresh_reused: 'Token used twice',
  verified: 'Address verified',
  verification_refused: 'Verification link not good',
  code_missing: 'Code was missing',
  wrong_code: 'Wrong code',
  password_reset: 'New password by mail',
  reset_refused: 'Link to a new password not good',
  email_changed: 'Address changed',
  email_change_refused: 'Link to change the address not good',
  disowned: 'Said it was not them',
  disown_refused: 'Link “not me” not good',
  identity_refused: 'Discord account not let in',
  passkey_refused: 'Passkey not good',
  passkey_cloned: 'Passkey may be a copy',
  invitation_accepted: 'Joined by invitation',
  invitation_refused: 'Invitation not good',
  recovered: 'Let in again by operators',
  recovery_refused: 'Link to recover the account not good',
};

const METHODS: Record<string, string> = {
  password: 'Password',
  passkey: 'Passkey',
  discord: 'Discord',
};

/** What became of it; a name that is newer than this page, with its underscores as spaces. */
export const outcomeWords = (outcome: string): string =>
  OUTCOMES[outcome] ?? outcome.replaceAll('_', ' ');

/** What was brought. */
export const methodWords = (method: string | null): string =>
  method === null ? '–' : (METHODS[method] ?? method);

/** `Firefox on Linux`, as far as it is known. */
export function deviceWords({
  browser,
  system,
}: {
  browser: string | null;
  system: string | null;
}) {
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? system ?? 'Unknown device';
}

/** What the list can be narrowed to. */
export const OUTCOME_CHOICES = [
  { value: 'refused', label: 'Refused' },
  ...[
    'signed_in',
    'signed_out',
    'wrong_password',
    'wrong_code',
    'limited',
    'password_reset',
    'refreshed',
  ].map((value) => ({ value, label: outcomeWords(value) })),
];
