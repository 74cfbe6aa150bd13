/** Previous and next of a list whose cursor stands in the address. */
import { useRouterState } from '@tanstack/react-router';

interface Paged {
  cursor?: string | undefined;
}

type Show<Search> = (next: Search, state: { trail?: string[] }) => void;

export function usePager<Search extends Paged>(search: Search, show: Show<Search>) {
  const trail = useRouterState({ select: ({ location }) => location.state.trail });
  return {
    /** Another filter or order starts from the top. */
    restart: (change: Partial<Search>) => show({ ...search, ...change, cursor: undefined }, {}),
    next: (cursor: string) => () =>
      show({ ...search, cursor }, { trail: [...(trail ?? []), search.cursor ?? ''] }),
    // A link into the middle has no trail: back to the top is all there is.
    previous: search.cursor
      ? () =>
          show(
            { ...search, cursor: trail?.at(-1) || undefined },
            { trail: trail?.slice(0, -1) ?? [] },
          )
      : undefined,
  };
}
