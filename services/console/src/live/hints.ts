/** From hints to the queries they make doubtful, at a bearable pace. */
import type { QueryClient, QueryKey } from '@tanstack/react-query';
import type { Hint } from './messages';

const PROMPT_MS = 250;
/** Results arrive with every check. What sums them up may lag a little; the API's limits are shared. */
const CALM_MS = 5_000;

const LIST = '/api/v1/endpoints';
const SUMMARY = '/api/v1/endpoints/summary';
const ONE = '/api/v1/endpoints/{id}';
const LATENCY = '/api/v1/endpoints/{id}/latency';

/** A query family: its path, and the endpoint it is about where it is about one. */
export type Family = `${string}#${string}`;

const family = (path: string, id = ''): Family => `${path}#${id}`;

/** Keys are `[method, path, init]`, as openapi-react-query builds them. */
export function familyOf(key: QueryKey): Family {
  const [, path, init] = key as [string, string, { params?: { path?: { id?: string } } }?];
  return family(path, init?.params?.path?.id);
}

/** The results list is missing on purpose: a list someone reads does not move under their eyes. */
export function touchedBy(hint: Hint): { prompt: Family[]; calm: Family[] } {
  if (hint.type === 'result.recorded') {
    return {
      prompt: [family(ONE, hint.id)],
      calm: [family(LIST), family(SUMMARY), family(LATENCY, hint.id)],
    };
  }
  return { prompt: [family(LIST), family(SUMMARY), family(ONE, hint.id)], calm: [] };
}

/** Collects families and hands them over together, at most once per `everyMs`; the first goes at once. */
export function createLane(everyMs: number, flush: (families: Set<Family>) => void) {
  let waiting = new Set<Family>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const run = () => {
    timer = undefined;
    if (waiting.size === 0) return;
    const families = waiting;
    waiting = new Set();
    timer = setTimeout(run, everyMs);
    flush(families);
  };

  return {
    add(families: Family[]): void {
      for (const name of families) waiting.add(name);
      if (timer === undefined) run();
    },
    stop: () => clearTimeout(timer),
  };
}

/** Invalidates what hints touch; returns the listener and the way to stop it. */
export function createInvalidator(queryClient: QueryClient) {
  const invalidate = (families: Set<Family>) =>
    void queryClient.invalidateQueries({
      predicate: ({ queryKey }) => families.has(familyOf(queryKey)),
    });
  const prompt = createLane(PROMPT_MS, invalidate);
  const calm = createLane(CALM_MS, invalidate);
  return {
    hear(hint: Hint): void {
      const touched = touchedBy(hint);
      prompt.add(touched.prompt);
      calm.add(touched.calm);
    },
    stop(): void {
      prompt.stop();
      calm.stop();
    },
  };
}
