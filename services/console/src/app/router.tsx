/** The router, and the rewrite that gives the root host pages of its own under the same paths. */
import type { QueryClient } from '@tanstack/react-query';
import { createRouter, type LocationRewrite } from '@tanstack/react-router';
import { hostKind } from '~/host';
import { routeTree } from '~/routeTree.gen';
import { Failure } from '~/ui/Failure';
import { NotFound } from '~/ui/NotFound';
import { readSearch, writeSearch } from './searchText';

const SITE = '/site';

/** On the root host `/register` is the file `routes/site/register.tsx`; tenant hosts are not rewritten. */
export const siteRewrite: LocationRewrite = {
  input: ({ url }) => {
    url.pathname = SITE + (url.pathname === '/' ? '' : url.pathname);
    return url;
  },
  output: ({ url }) => {
    if (url.pathname === SITE || url.pathname.startsWith(`${SITE}/`)) {
      url.pathname = url.pathname.slice(SITE.length) || '/';
    }
    return url;
  },
};

export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    ...(hostKind() === 'root' ? { rewrite: siteRewrite } : {}),
    parseSearch: readSearch,
    stringifySearch: writeSearch,
    defaultPreload: 'intent',
    // TanStack Query decides what is fresh.
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 150,
    defaultErrorComponent: Failure,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
