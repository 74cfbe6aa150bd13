/** The pages of somebody's own account. Only what exists is listed. */
export const ACCOUNT_PAGES = [
  { to: '/account/security', label: 'Security' },
  { to: '/account/sessions', label: 'Sessions' },
  { to: '/account/sign-ins', label: 'Sign-ins' },
  { to: '/account/data', label: 'Your data' },
] as const;
