/** Reads and writes of endpoints that more than one page needs. */
import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { $api, api } from '~/api/client';
import type { Endpoint, EndpointState } from '~/api/model';

const LIST = '/api/v1/endpoints';
const ONE = '/api/v1/endpoints/{id}';

/** One endpoint with the entity tag a later change has to name. */
export interface TaggedEndpoint {
  endpoint: Endpoint;
  etag: string;
}

export async function fetchEndpoint(id: string, signal: AbortSignal): Promise<TaggedEndpoint> {
  const { data, response } = await api.GET(ONE, { params: { path: { id } }, signal });
  if (!data) throw new Error('an endpoint without a body');
  return { endpoint: data, etag: response.headers.get('etag') ?? '' };
}

/** Keyed as openapi-react-query would, so that live hints find it; by hand, because the tag is a header. */
export const endpointQuery = (id: string) =>
  queryOptions({
    queryKey: ['get', ONE, { params: { path: { id } } }] as const,
    queryFn: ({ signal }) => fetchEndpoint(id, signal),
  });

/** How many endpoints there are, whatever is shown of them. */
export const countQuery = $api.queryOptions('get', LIST, { params: { query: { limit: 1 } } });

/** After a write of our own: everything about endpoints is asked for again. */
export const refreshEndpoints = (queryClient: QueryClient) =>
  queryClient.invalidateQueries({
    predicate: ({ queryKey }) => String(queryKey[1]).startsWith(LIST),
  });

interface ListPage {
  items: Endpoint[];
}

/** Shows a state before the server has confirmed it; returns the way back. */
export function showState(queryClient: QueryClient, id: string, state: EndpointState): () => void {
  const lists = { queryKey: ['get', LIST] };
  const one = endpointQuery(id).queryKey;
  const before = queryClient.getQueriesData<ListPage>(lists);
  const beforeOne = queryClient.getQueryData<TaggedEndpoint>(one);

  queryClient.setQueriesData<ListPage>(
    lists,
    (page) =>
      page && {
        ...page,
        items: page.items.map((each) => (each.id === id ? { ...each, state } : each)),
      },
  );
  queryClient.setQueryData<TaggedEndpoint>(
    one,
    (tagged) => tagged && { ...tagged, endpoint: { ...tagged.endpoint, state } },
  );

  return () => {
    for (const [key, page] of before) queryClient.setQueryData(key, page);
    queryClient.setQueryData(one, beforeOne);
  };
}
