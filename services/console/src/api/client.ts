/** The typed API client. Every refusal is thrown as a `Problem`; nothing else fetches. */
import createFetchClient, { type Middleware } from 'openapi-fetch';
import createClient from 'openapi-react-query';
import { Problem } from './problem';
import type { paths } from './schema.gen';

const problems: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await Problem.from(response);
    return undefined;
  },
  onError({ error }) {
    // A cancelled query is not a failure: TanStack Query has to see its own AbortError.
    if (error instanceof Object && 'name' in error && error.name === 'AbortError') return undefined;
    return Problem.unreachable();
  },
};

export const api = createFetchClient<paths>({
  baseUrl: location.origin,
  credentials: 'same-origin',
  // Looked up on every call, so that tests can stand in for the network.
  fetch: (request) => globalThis.fetch(request),
});
api.use(problems);

export const $api = createClient(api);
