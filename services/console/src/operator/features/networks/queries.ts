/** What is asked anew after networks were changed. */
import type { QueryClient } from '@tanstack/react-query';

const CHANGED = ['/api/v1/networks', '/api/v1/audit'];

export const refreshNetworks = (queryClient: QueryClient) =>
  queryClient.invalidateQueries({
    predicate: ({ queryKey }) => CHANGED.some((path) => String(queryKey[1]).startsWith(path)),
  });
