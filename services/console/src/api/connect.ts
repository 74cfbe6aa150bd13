/** The way to a described API. Every refusal is thrown as a `Problem`; nothing else fetches. */
import createFetchClient, { type Client, type Middleware } from 'openapi-fetch';
import { Problem } from './problem';
import { send, type TokenCookie } from './send';

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

export function connect<Paths extends object>(cookie?: TokenCookie): Client<Paths> {
  const client = createFetchClient<Paths>({
    baseUrl: location.origin,
    credentials: 'same-origin',
    fetch: (request) => send(request, cookie),
  });
  client.use(problems);
  return client;
}
