/** What is asked anew after operators were changed. */
import type { QueryClient } from '@tanstack/react-query';

const CHANGED = ['/api/v1/operators', '/api/v1/sessions', '/api/v1/tokens', '/api/v1/audit'];

export const refreshAccounts = (queryClient: QueryClient) =>
  queryClient.invalidateQueries({
    predicate: ({ queryKey }) => CHANGED.some((path) => String(queryKey[1]).startsWith(path)),
  });
