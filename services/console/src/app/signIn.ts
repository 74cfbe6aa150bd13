/** The ways out of a session: it was ended here, or it is over, from wherever that was noticed. */
import type { QueryClient } from '@tanstack/react-query';
import type { AnyRouter } from '@tanstack/react-router';

/** What anybody may see. The page to sign in at is asking for it while the session's is dropped. */
const PUBLIC = '/api/v1/organization';

/** Drops everything that a session could see. */
export function dropSession(queryClient: QueryClient): void {
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[1] !== PUBLIC });
  queryClient.getMutationCache().clear();
}

/** Goes to the page to sign in at: the session was ended. */
export async function leaveSession(router: AnyRouter, queryClient: QueryClient): Promise<void> {
  await router.navigate({ to: '/login' });
  dropSession(queryClient);
}

/** Asks for a new session instead of the one that is over, keeping the place. */
export function leaveForSignIn(router: AnyRouter, queryClient: QueryClient): void {
  const { pathname, href } = router.state.location;
  if (pathname === '/login') return;
  void router
    .navigate({ to: '/login', search: href === '/' ? {} : { next: href }, replace: true })
    .then(() => dropSession(queryClient));
}
