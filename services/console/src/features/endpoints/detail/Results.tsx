/** Every check, newest first. The list waits to be told before it moves. */
import { Button, Group, SegmentedControl, Skeleton, Stack } from '@mantine/core';
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
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
  const results = useInfiniteQuery({
    queryKey,
    queryFn: async ({ pageParam, signal }) => {
      const page = { ...query, ...(pageParam ? { cursor: pageParam } : {}) };
      const { data } = await api.GET(PATH, { params: { path: { id }, query: page }, signal });
      return data ?? { items: [] };
    },
    initialPageParam: '',
    getNextPageParam: (page: ResultPage) => page.next_cursor,
  });
  const rows = results.data?.pages.flatMap(({ items }) => items);

  const [heardAt, setHeardAt] = useState<number[]>([]);
  useRoom(`endpoint:${id}`, ({ type }) => {
    if (type !== 'result.recorded') return;
    // An empty list has no place to lose: the first check appears by itself.
    if (rows?.length === 0) void results.refetch();
    else setHeardAt((times) => [...times, Date.now()]);
  });

  const showFresh = () => {
    // Older pages would all be asked for again; whoever wants the newest is at the top.
    queryClient.setQueryData<InfiniteData<ResultPage>>(
      queryKey,
      (data) => data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) },
    );
    void results.refetch();
  };
  const fresh = heardAt.filter((time) => time > results.dataUpdatedAt).length;
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
