/** The way out of a session that is over, from wherever that was noticed. */
import type { QueryClient } from '@tanstack/react-query';
import type { AnyRouter } from '@tanstack/react-router';

/** Drops everything the session could see and asks for a new one, keeping the place. */
export function leaveForSignIn(router: AnyRouter, queryClient: QueryClient): void {
  const { pathname, href } = router.state.location;
  if (pathname === '/login') return;
  void router
    .navigate({ to: '/login', search: href === '/' ? {} : { next: href }, replace: true })
    .then(() => queryClient.clear());
}
