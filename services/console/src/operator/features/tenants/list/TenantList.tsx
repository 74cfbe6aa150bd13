/** Every organisation: found, sorted, ticked, and acted upon together. */
import { Button, Checkbox, Select } from '@mantine/core';
import { keepPreviousData } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { DataTable } from '~/ui/DataTable';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import { $api } from '../../../api/client';
import type { Tenant } from '../../../api/model';
import { FindField } from '../../FindField';
import { given } from '../../given';
import { useCan } from '../../identity/session';
import { Pager } from '../../Pager';
import { usePager } from '../../pager';
import { Waiting } from '../../Waiting';
import { BulkBar } from '../bulk/BulkBar';
import { StateWord } from '../StateWord';
import { formatBytes } from '../size';
import { PLANS, STATES, stateWord } from '../state';
import { COLUMNS, Instant, TenantName, Tick } from './columns';
import { DESCENDING, SORTS, type TenantSearch } from './search';
import { SelectionContext, useChosen, useSelection } from './selection';
import classes from './TenantList.module.css';

const PAGE_SIZE = 50;
const route = getRouteApi('/_desk/tenants/');

const ORDERS: Record<(typeof SORTS)[number], string> = {
  slug: 'By name',
  size: 'Largest first',
  plan: 'By plan',
  state: 'By state',
  version: 'Oldest schema first',
  created: 'Newest first',
  active: 'Last active first',
};

export function TenantList() {
  const search = route.useSearch();
  const sort = search.sort ?? 'slug';
  const selection = useSelection();
  const pager = useTenantPager();
  const list = $api.useQuery(
    'get',
    '/api/v1/tenants',
    { params: { query: { limit: PAGE_SIZE, ...given(search) } } },
    { placeholderData: keepPreviousData },
  );

  return (
    <SelectionContext value={selection}>
      <Page eyebrow="Platform" title="Organisations">
        <Toolbar />
        <BulkBar />
        <div className="sheet">
          {list.isError && !list.data ? (
            <FailurePart error={list.error} retry={list.refetch} />
          ) : !list.data ? (
            <Waiting label="Loading organisations" />
          ) : list.data.items.length === 0 ? (
            <Nothing />
          ) : (
            <>
              <TickAll tenants={list.data.items} />
              <DataTable
                label="Organisations"
                columns={COLUMNS}
                rows={list.data.items}
                rowId={(tenant) => tenant.id}
                sort={{ id: sort, desc: DESCENDING.includes(sort) }}
                onSort={({ id }) => pager.restart({ sort: id as (typeof SORTS)[number] })}
                renderNarrow={(tenant) => <NarrowRow tenant={tenant} />}
              />
            </>
          )}
        </div>
        <Pager
          onPrevious={pager.previous}
          onNext={list.data?.next_cursor ? pager.next(list.data.next_cursor) : undefined}
        />
      </Page>
    </SelectionContext>
  );
}

function useTenantPager() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return usePager<TenantSearch>(search, (next, state) => void navigate({ search: next, state }));
}

function Toolbar() {
  const search = route.useSearch();
  const pager = useTenantPager();
  return (
    <search className={classes.toolbar} aria-label="Organisations">
      <FindField
        label="Find by slug or name"
        className={classes.find}
        settled={search.q ?? ''}
        onFind={(q) => pager.restart({ q })}
      />
      <Select
        className={classes.select}
        aria-label="State"
        placeholder="Any state"
        clearable
        clearButtonProps={{ 'aria-label': 'Any state' }}
        data={STATES.map((state) => ({ value: state, label: stateWord(state) }))}
        value={search.state ?? null}
        onChange={(state) => pager.restart({ state: state as TenantSearch['state'] })}
      />
      <Select
        className={classes.select}
        aria-label="Plan"
        placeholder="Any plan"
        clearable
        clearButtonProps={{ 'aria-label': 'Any plan' }}
        data={[...PLANS]}
        value={search.plan ?? null}
        onChange={(plan) => pager.restart({ plan: plan ?? undefined })}
      />
      <Select
        className={classes.select}
        aria-label="Order"
        allowDeselect={false}
        data={SORTS.map((value) => ({ value, label: ORDERS[value] }))}
        value={search.sort ?? 'slug'}
        onChange={(sort) => pager.restart({ sort: sort as TenantSearch['sort'] })}
      />
    </search>
  );
}

function TickAll({ tenants }: { tenants: Tenant[] }) {
  const { has, set } = useChosen();
  if (!useCan('tenants_manage')) return null;
  const ticked = tenants.filter(({ id }) => has(id)).length;
  return (
    <div className={classes.tickAll}>
      <Checkbox
        size="sm"
        label="All on this page"
        checked={ticked > 0}
        indeterminate={ticked > 0 && ticked < tenants.length}
        onChange={(event) => set(tenants, event.currentTarget.checked)}
      />
    </div>
  );
}

function NarrowRow({ tenant }: { tenant: Tenant }) {
  return (
    <div className={classes.narrow}>
      <Tick tenant={tenant} />
      <div className={classes.lines}>
        <TenantName tenant={tenant} />
        <div className={classes.figures}>
          <StateWord state={tenant.state} />
          <span>{tenant.plan}</span>
          {tenant.size_bytes != null && (
            <span className="num">{formatBytes(tenant.size_bytes)}</span>
          )}
          {tenant.last_active_at && <Instant at={tenant.last_active_at} />}
        </div>
      </div>
    </div>
  );
}

/** Filtered to nothing, or a platform nobody has signed up to: two different texts. */
function Nothing() {
  const { q, state, plan, cursor } = route.useSearch();
  const navigate = route.useNavigate();
  if (q || state || plan || cursor) {
    return (
      <Notice
        title="Nothing matches"
        action={
          <Button variant="default" onClick={() => void navigate({ search: {} })}>
            Show all organisations
          </Button>
        }
      >
        No organisation fits this search and filter.
      </Notice>
    );
  }
  return (
    <Notice title="No organisation yet">
      Organisations appear here as they sign up. To make one yourself: signalbox tenant create
    </Notice>
  );
}
