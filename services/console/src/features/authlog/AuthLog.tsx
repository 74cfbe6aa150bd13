/** How anybody tried to get into the organisation. */
import { Button, Select } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { api } from '~/api/client';
import type { AuthLogPage } from '~/api/model';
import classes from '~/features/audit/AuditLog.module.css';
import { Only } from '~/features/audit/Toolbar';
import { Forbidden } from '~/features/identity/Forbidden';
import { useCan } from '~/features/identity/session';
import { DataTable } from '~/ui/DataTable';
import { DayRange } from '~/ui/DayRange';
import { FindField } from '~/ui/FindField';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import { authLogColumns, NarrowAttempt } from './columns';
import { GoesOn } from './Pages';
import { type AuthLogSearch, exportLink, filterOf } from './search';
import { OUTCOME_CHOICES } from './words';

const PATH = '/api/v1/auth-log';
const PAGE_SIZE = 50;
/** The first page has no cursor. */
const FIRST = '';
const route = getRouteApi('/_app/settings/auth-log');

export function AuthLog() {
  const search = route.useSearch();
  const allowed = useCan('audit_read');
  return (
    <Page
      eyebrow="Settings"
      title="Sign-ins"
      actions={
        allowed && (
          <Button component="a" variant="default" href={exportLink(search)} download>
            Export CSV
          </Button>
        )
      }
    >
      {allowed ? (
        <>
          <Toolbar />
          <Attempts search={search} />
        </>
      ) : (
        <div className="sheet">
          <Forbidden permission="audit_read" />
        </div>
      )}
    </Page>
  );
}

function useChange() {
  const navigate = route.useNavigate();
  return (part: Partial<AuthLogSearch>) =>
    void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
}

function Toolbar() {
  const search = route.useSearch();
  const change = useChange();
  return (
    <search className={classes.toolbar} aria-label="Sign-ins">
      <FindField
        className={classes.find}
        label="Find in people, devices and addresses"
        placeholder="Find people, addresses"
        settled={search.q ?? ''}
        onFind={(q) => change({ q })}
      />
      <Select
        className={classes.select}
        aria-label="What"
        placeholder="Anything"
        clearable
        clearButtonProps={{ 'aria-label': 'Anything' }}
        data={OUTCOME_CHOICES}
        value={search.outcome ?? null}
        onChange={(outcome) => change({ outcome: outcome ?? undefined })}
      />
      <DayRange from={search.from} to={search.to} onChange={change} />
      {search.person && (
        <Only words="Only one person" onClear={() => change({ person: undefined })} />
      )}
    </search>
  );
}

function Attempts({ search }: { search: AuthLogSearch }) {
  const change = useChange();
  const navigate = route.useNavigate();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the way to another address stays the same.
  const columns = useMemo(() => authLogColumns((person) => change({ person })), []);
  const query = { limit: PAGE_SIZE, ...filterOf(search) };
  const list = useInfiniteQuery({
    queryKey: ['get', PATH, { params: { query } }] as const,
    queryFn: async ({ pageParam, signal }): Promise<AuthLogPage> => {
      const page = { ...query, ...(pageParam ? { cursor: pageParam } : {}) };
      const { data } = await api.GET(PATH, { params: { query: page }, signal });
      return data ?? { items: [], next_cursor: null };
    },
    initialPageParam: FIRST,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
  const rows = list.data?.pages.flatMap(({ items }) => items);
  return (
    <GoesOn list={list} rows={rows}>
      {rows?.length === 0 ? (
        <Notice
          title="Nothing matches"
          action={
            <Button variant="default" onClick={() => void navigate({ search: {} })}>
              Show everything
            </Button>
          }
        >
          Nobody tried to sign in in a way that fits this search and filter.
        </Notice>
      ) : (
        <DataTable
          label="Sign-ins"
          columns={columns}
          rows={rows ?? []}
          rowId={({ id }) => id}
          renderNarrow={(row) => <NarrowAttempt entry={row} />}
        />
      )}
    </GoesOn>
  );
}
