/** The router of the operators' page. */
import type { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { readSearch, writeSearch } from '~/app/searchText';
import { Failure } from '~/ui/Failure';
import { NotFound } from '~/ui/NotFound';
import { routeTree } from './routeTree.gen';

export function createOperatorRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
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
    router: ReturnType<typeof createOperatorRouter>;
  }
  interface HistoryState {
    /** Cursors of the pages before this one; the address itself holds the current one only. */
    trail?: string[];
  }
}
