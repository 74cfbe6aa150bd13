/** Server state: caching, retries, and what happens to errors nobody handles. */
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { Problem } from '~/api/problem';
import { toastProblem } from './toasts';

declare module '@tanstack/react-query' {
  interface Register {
    /** `handlesProblems`: the form shows refusals itself, so no toast. */
    mutationMeta: { handlesProblems?: boolean };
    /** `guardsRoute`: the route that waits for it decides what a refusal means. */
    queryMeta: { guardsRoute?: boolean };
  }
}

/** A 401 means the session is over, except where the password itself was refused. */
const sessionIsOver = (error: unknown): boolean =>
  Problem.is(error) && error.status === 401 && error.code !== 'invalid_credentials';

/** Asked to prove again who they are, they preferred not to: nothing failed. */
const thoughtBetter = (error: unknown): boolean =>
  Problem.is(error) && error.code === 'reauthentication_required';

/** The workspace's state, or what it asks of people, changed while the page was open: what the shell shows has to be asked anew. */
const standingChanged = (error: unknown): boolean =>
  Problem.is(error) &&
  ['suspended', 'deleting', 'read_only', 'second_factor_due'].includes(error.code);

export function createQueryClient(
  onSessionOver: () => void,
  onStandingChanged: () => void = () => {},
): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (sessionIsOver(error) && !query.meta?.guardsRoute) onSessionOver();
        if (standingChanged(error)) onStandingChanged();
      },
    }),
    mutationCache: new MutationCache({
      onError: (error, _variables, _result, mutation) => {
        if (standingChanged(error)) onStandingChanged();
        if (sessionIsOver(error)) onSessionOver();
        else if (!mutation.meta?.handlesProblems && !thoughtBetter(error)) toastProblem(error);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        retry: (failures, error) => failures < 2 && Problem.is(error) && error.transient,
      },
    },
  });
}
