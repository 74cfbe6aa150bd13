/** What is asked anew after a write of our own. */
import type { QueryClient } from '@tanstack/react-query';

const CHANGED = ['/api/v1/tenants', '/api/v1/overview', '/api/v1/audit', '/api/v1/approvals'];

export const refreshTenants = (queryClient: QueryClient) =>
  queryClient.invalidateQueries({
    predicate: ({ queryKey }) => CHANGED.some((path) => String(queryKey[1]).startsWith(path)),
  });
