/** Everything this organisation watches. */
import { Button, Skeleton, Stack } from '@mantine/core';
import { keepPreviousData } from '@tanstack/react-query';
import { getRouteApi, useRouterState } from '@tanstack/react-router';
import { $api } from '~/api/client';
import { Problem } from '~/api/problem';
import { Forbidden } from '~/features/identity/Forbidden';
import { useCan } from '~/features/identity/session';
import { plural } from '~/format/numbers';
import { useShortcuts } from '~/shell/shortcuts';
import { DataTable } from '~/ui/DataTable';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import { useEndpointDialogs } from '../EndpointDialogs';
import { usePlanLimit } from '../planLimit';
import { endpointColumns } from './columns';
import { NarrowRow } from './NarrowRow';
import { Pager } from './Pager';
import { moveInRows } from './rows';
import type { ListSearch } from './search';
import { Toolbar } from './Toolbar';

const PAGE_SIZE = 50;
const route = getRouteApi('/_app/endpoints/');

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** Cursors of the pages before this one; the address itself holds the current one only. */
    trail?: string[];
  }
}

export function EndpointList() {
  const search = route.useSearch();
  const dialogs = useEndpointDialogs();
  const mayWrite = useCan('endpoints_write');
  const { list, rows } = useEndpointRows(search);
  const plan = usePlanLimit();
  const pager = usePager(search);

  useShortcuts({ j: () => moveInRows(1), k: () => moveInRows(-1) });

  const add = <Button onClick={() => dialogs.open({ kind: 'add' })}>Add endpoint</Button>;
  return (
    <Page
      eyebrow={plan.full === null ? 'Watch' : `Watch · ${plan.full} of ${plan.full} of your plan`}
      title="Endpoints"
      actions={mayWrite && add}
    >
      <Toolbar />
      <div className="sheet">
        {list.isError && !list.data ? (
          <Refused error={list.error} retry={list.refetch} />
        ) : !rows ? (
          <Waiting />
        ) : rows.length === 0 ? (
          <Nothing search={search} action={mayWrite ? add : undefined} />
        ) : (
          <DataTable
            label="Endpoints"
            columns={endpointColumns(search.bars ?? '90d')}
            rows={rows}
            rowId={(row) => row.endpoint.id}
            sort={sortOf(search)}
            onSort={({ id, desc }) =>
              pager.restart({ sort: `${desc ? '-' : ''}${id}` as NonNullable<ListSearch['sort']> })
            }
            renderNarrow={(row) => <NarrowRow row={row} />}
          />
        )}
      </div>
      <Pager
        note={list.data && plural(list.data.total, 'endpoint')}
        {...(pager.previous ? { onPrevious: pager.previous } : {})}
        {...(list.data?.next_cursor ? { onNext: pager.next(list.data.next_cursor) } : {})}
      />
    </Page>
  );
}

/** The page of endpoints, each with its bars once they are there. */
function useEndpointRows({ q, state, sort, cursor, bars }: ListSearch) {
  const list = $api.useQuery(
    'get',
    '/api/v1/endpoints',
    {
      params: {
        query: {
          limit: PAGE_SIZE,
          ...(q ? { q } : {}),
          ...(state ? { state } : {}),
          ...(sort ? { sort } : {}),
          ...(cursor ? { cursor } : {}),
        },
      },
    },
    { placeholderData: keepPreviousData },
  );
  const ids = list.data?.items.map(({ id }) => id).join(',') ?? '';
  const summary = $api.useQuery(
    'get',
    '/api/v1/endpoints/summary',
    { params: { query: { window: bars ?? '90d', ids } } },
    { enabled: ids !== '', placeholderData: keepPreviousData },
  );
  const byId = new Map(summary.data?.items.map((item) => [item.id, item]));
  const rows = list.data?.items.map((endpoint) => ({
    endpoint,
    summary: byId.get(endpoint.id),
    stepSeconds: summary.data?.step_seconds ?? 0,
  }));
  return { list, rows };
}

const sortOf = ({ sort = 'name' }: ListSearch) => ({
  id: sort.replace('-', ''),
  desc: sort.startsWith('-'),
});

function usePager(search: ListSearch) {
  const navigate = route.useNavigate();
  const trail = useRouterState({ select: ({ location }) => location.state.trail });
  const show = (next: ListSearch, state: { trail?: string[] }) =>
    void navigate({ search: next, state });

  return {
    /** Another filter or order starts from the top. */
    restart: (change: Partial<ListSearch>) => show({ ...search, ...change, cursor: undefined }, {}),
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

function Refused({ error, retry }: { error: unknown; retry: () => void }) {
  if (Problem.is(error) && error.status === 403) return <Forbidden permission="endpoints_read" />;
  return <FailurePart error={error} retry={retry} />;
}

function Waiting() {
  return (
    <Stack p="md" gap="md" role="status" aria-label="Loading endpoints">
      {[0, 1, 2, 3, 4].map((row) => (
        <Skeleton key={row} height={24} radius="xs" />
      ))}
    </Stack>
  );
}

/** New, filtered to nothing, or at the end: three different texts. */
function Nothing({ search, action }: { search: ListSearch; action?: React.ReactNode }) {
  const navigate = route.useNavigate();
  const filtered = search.q || search.state || search.cursor;
  if (filtered) {
    return (
      <Notice
        title="Nothing matches"
        action={
          <Button variant="default" onClick={() => void navigate({ search: {} })}>
            Show all endpoints
          </Button>
        }
      >
        No endpoint fits this search and filter.
      </Notice>
    );
  }
  return (
    <Notice title="Nothing is watched yet" action={action}>
      {action
        ? 'Add the address of a site or service. It is checked at once, and from then on around the clock.'
        : 'Your team has added nothing yet. Managers and above can.'}
    </Notice>
  );
}
