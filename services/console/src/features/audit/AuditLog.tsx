/** What was done in this organisation, by whom. */
import { Button, Group, Menu, Skeleton, Stack } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { api } from '~/api/client';
import type { AuditPage } from '~/api/model';
import { Forbidden } from '~/features/identity/Forbidden';
import { useCan } from '~/features/identity/session';
import { DataTable } from '~/ui/DataTable';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import classes from './AuditLog.module.css';
import { Chain } from './Chain';
import { auditColumns, NarrowEntry } from './columns';
import { EntryDrawer } from './EntryDrawer';
import { type AuditSearch, exportLink, filterOf } from './search';
import { Toolbar } from './Toolbar';

const PATH = '/api/v1/audit';
const PAGE_SIZE = 50;
/** The first page has no cursor. */
const FIRST = '';
const route = getRouteApi('/_app/settings/audit');

export function AuditLog() {
  const search = route.useSearch();
  const allowed = useCan('audit_read');
  return (
    <Page eyebrow="Settings" title="Audit log" actions={allowed && <Export search={search} />}>
      {allowed ? (
        <>
          <Toolbar />
          <Log search={search} />
          <Chain />
        </>
      ) : (
        <div className="sheet">
          <Forbidden permission="audit_read" />
        </div>
      )}
    </Page>
  );
}

/** Plain links: the browser writes the file while it arrives, however long it is. */
function Export({ search }: { search: AuditSearch }) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default">Export</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={exportLink(search, 'csv')} download>
          CSV, for spreadsheets
        </Menu.Item>
        <Menu.Item component="a" href={exportLink(search, 'jsonl')} download>
          JSON lines, for programs
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Log({ search }: { search: AuditSearch }) {
  const [shown, setShown] = useState<string | null>(null);
  const columns = useMemo(() => auditColumns(setShown), []);
  const log = useLog(search);
  const rows = log.data?.pages.flatMap(({ items }) => items);

  return (
    <>
      <div className="sheet">
        {log.isError && !rows ? (
          <FailurePart error={log.error} retry={log.refetch} />
        ) : !rows ? (
          <Waiting />
        ) : rows.length === 0 ? (
          <Nothing search={search} />
        ) : (
          <DataTable
            label="What was done"
            columns={columns}
            rows={rows}
            rowId={({ id }) => id}
            renderNarrow={(row) => <NarrowEntry row={row} show={setShown} />}
          />
        )}
        {log.hasNextPage && (
          <Group justify="center" className={classes.older}>
            <Button
              variant="default"
              loading={log.isFetchingNextPage}
              onClick={() => void log.fetchNextPage()}
            >
              Show older
            </Button>
          </Group>
        )}
      </div>
      <EntryDrawer
        entry={rows?.find(({ id }) => id === shown) ?? null}
        onClose={() => setShown(null)}
      />
    </>
  );
}

function useLog(search: AuditSearch) {
  const query = { limit: PAGE_SIZE, ...filterOf(search) };
  return useInfiniteQuery({
    queryKey: ['get', PATH, { params: { query } }] as const,
    queryFn: async ({ pageParam, signal }): Promise<AuditPage> => {
      const page = { ...query, ...(pageParam ? { cursor: pageParam } : {}) };
      const { data } = await api.GET(PATH, { params: { query: page }, signal });
      return data ?? { items: [] };
    },
    initialPageParam: FIRST,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

function Waiting() {
  return (
    <Stack p="md" gap="md" role="status" aria-label="Loading the log">
      {[0, 1, 2, 3, 4].map((row) => (
        <Skeleton key={row} height={24} radius="xs" />
      ))}
    </Stack>
  );
}

/** Filtered to nothing, or truly empty: two different texts. */
function Nothing({ search }: { search: AuditSearch }) {
  const navigate = route.useNavigate();
  if (Object.keys(filterOf(search)).length > 0) {
    return (
      <Notice
        title="Nothing matches"
        action={
          <Button variant="default" onClick={() => void navigate({ search: {} })}>
            Show all of the log
          </Button>
        }
      >
        Nothing that was done fits this search and filter.
      </Notice>
    );
  }
  return (
    <Notice title="Nothing was done yet">
      Whatever somebody changes here stands in this log a moment later.
    </Notice>
  );
}
