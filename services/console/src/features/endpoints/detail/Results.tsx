/** Every check, newest first. The list waits to be told before it moves. */
import { Button, Group, SegmentedControl, Skeleton, Stack } from '@mantine/core';
import {
  type InfiniteData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '~/api/client';
import type { CheckResult, Endpoint, Outcome, ResultPage } from '~/api/model';
import { plural } from '~/format/numbers';
import { useRoom } from '~/live/LiveProvider';
import { DataTable } from '~/ui/DataTable';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Section } from '~/ui/Section';
import { PhaseBar } from '../PhaseBar';
import classes from './Results.module.css';
import { NarrowResult, resultColumns } from './resultColumns';

const PATH = '/api/v1/endpoints/{id}/results';
const PAGE_SIZE = 20;
/** The first page has no cursor. */
const FIRST = '';

const FILTERS = [
  { value: 'all', label: 'All' },
  { value: 'up', label: 'Up' },
  { value: 'down', label: 'Down' },
  { value: 'unknown', label: 'Unknown' },
];

export function Results({ endpoint: { id } }: { endpoint: Endpoint }) {
  const [outcome, setOutcome] = useState<Outcome | 'all'>('all');
  const [open, setOpen] = useState<string | null>(null);
  const { results, rows, fresh, showFresh } = useResults(id, outcome);
  const toggle = (key: string) => setOpen((current) => (current === key ? null : key));

  return (
    <Section
      title="Checks"
      flush
      actions={
        <>
          {fresh > 0 && (
            <Button variant="light" size="compact-sm" onClick={showFresh}>
              {plural(fresh, 'new check')}, show
            </Button>
          )}
          <SegmentedControl
            aria-label="Outcome"
            size="xs"
            data={FILTERS}
            value={outcome}
            onChange={(value) => setOutcome(value as Outcome | 'all')}
          />
        </>
      }
    >
      {results.isError && !rows ? (
        <FailurePart error={results.error} retry={results.refetch} />
      ) : !rows ? (
        <Stack p="md" role="status" aria-label="Loading checks">
          <Skeleton height={20} />
          <Skeleton height={20} />
        </Stack>
      ) : rows.length === 0 ? (
        <Nothing filtered={outcome !== 'all'} />
      ) : (
        <DataTable
          label="Checks"
          columns={resultColumns(open, toggle)}
          rows={rows}
          rowId={keyOf}
          renderNarrow={(row) => <NarrowResult row={row} open={open} onToggle={toggle} />}
          renderOpen={(row) => (keyOf(row) === open ? <Trace result={row} /> : null)}
        />
      )}
      {results.hasNextPage && (
        <Group justify="center" className={classes.older}>
          <Button
            variant="default"
            loading={results.isFetchingNextPage}
            onClick={() => void results.fetchNextPage()}
          >
            Show older
          </Button>
        </Group>
      )}
    </Section>
  );
}

export const keyOf = ({ id, checked_at }: CheckResult): string => id ?? checked_at;

function useResults(id: string, outcome: Outcome | 'all') {
  const queryClient = useQueryClient();
  const query = { limit: PAGE_SIZE, ...(outcome === 'all' ? {} : { outcome }) };
  const queryKey = ['get', PATH, { params: { path: { id }, query } }] as const;
  // By hand: openapi-react-query sends `cursor=0` for a first page that has none.
  const fetchPage = async (cursor: string, signal: AbortSignal): Promise<ResultPage> => {
    const page = { ...query, ...(cursor ? { cursor } : {}) };
    const { data } = await api.GET(PATH, { params: { path: { id }, query: page }, signal });
    return data ?? { items: [] };
  };
  const results = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, signal),
    initialPageParam: FIRST,
    getNextPageParam: (page) => page.next_cursor,
  });
  const rows = results.data?.pages.flatMap(({ items }) => items);

  // Read aside, so that the list on screen stays where it is until somebody asks.
  const newest = useQuery({
    queryKey: ['newest-results', id, outcome],
    queryFn: ({ signal }) => fetchPage(FIRST, signal),
    enabled: false,
  });
  useRoom(`endpoint:${id}`, ({ type }) => {
    if (type !== 'result.recorded') return;
    // An empty list has no place to lose: the first check appears by itself.
    void (rows?.length === 0 ? results.refetch() : newest.refetch());
  });

  const top = Date.parse(rows?.[0]?.checked_at ?? '');
  const later = newest.data?.items.filter(({ checked_at }) => Date.parse(checked_at) > top);
  const fresh = later?.length ?? 0;
  const showFresh = () => {
    if (!newest.data) return;
    const data: InfiniteData<ResultPage> = { pages: [newest.data], pageParams: [FIRST] };
    queryClient.setQueryData(queryKey, data);
  };
  return { results, rows, fresh, showFresh };
}

function Trace({ result }: { result: CheckResult }) {
  return (
    <div className={classes.trace}>
      <p>{result.message}</p>
      <PhaseBar timings={result.timings} />
      {result.addresses && result.addresses.length > 0 && (
        <p className="num wrap">{result.addresses.join(', ')}</p>
      )}
    </div>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Notice order={3} title="No such checks">
      No check so far ended this way.
    </Notice>
  ) : (
    <Notice order={3} title="No checks yet">
      The first one shows here by itself, within moments.
    </Notice>
  );
}
