/** The secret part of a mail's link: read once, and out of the address bar before anything else. */
import { useLocation, useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

const tokenOf = (fragment: string): string =>
  new URLSearchParams(fragment.replace(/^#/, '')).get('token') ?? '';

/** The token of the link that was opened; empty where the link has none. */
export function useLinkToken(): string {
  const router = useRouter();
  const linked = useLocation({ select: ({ hash }) => tokenOf(hash) });
  const [token, setToken] = useState(linked);
  useEffect(() => {
    // A newer link opened in this tab changes the fragment only.
    if (!linked) return;
    setToken(linked);
    // It would otherwise stay in the history of a shared machine.
    router.history.replace(router.state.location.pathname);
  }, [linked, router]);
  return token;
}
