/** Find, filter, order, and how far back the bars reach. */
import { SegmentedControl, Select } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { FindField } from '~/ui/FindField';
import { stateWord } from '~/ui/StateMark';
import classes from './EndpointList.module.css';
import { type ListSearch, STATES } from './search';

const route = getRouteApi('/_app/endpoints/');

const ORDERS: { value: NonNullable<ListSearch['sort']>; label: string }[] = [
  { value: 'name', label: 'Name, A to Z' },
  { value: '-name', label: 'Name, Z to A' },
  { value: 'state', label: 'State' },
  { value: '-state', label: 'State, reversed' },
  { value: '-created_at', label: 'Newest first' },
  { value: 'created_at', label: 'Oldest first' },
];

export function Toolbar() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Partial<ListSearch>) =>
    void navigate({ search: (old) => ({ ...old, ...part, cursor: undefined }), replace: true });

  return (
    <search className={classes.toolbar} aria-label="Endpoints">
      <FindField
        className={classes.find}
        label="Find by name or address"
        settled={search.q ?? ''}
        onFind={(q) => change({ q })}
      />
      <Select
        className={classes.select}
        aria-label="State"
        placeholder="Any state"
        clearable
        clearButtonProps={{ 'aria-label': 'Any state' }}
        data={STATES.map((state) => ({ value: state, label: stateWord(state) }))}
        value={search.state ?? null}
        onChange={(state) => change({ state: (state as ListSearch['state']) ?? undefined })}
      />
      <Select
        className={classes.select}
        aria-label="Order"
        allowDeselect={false}
        data={ORDERS}
        value={search.sort ?? 'name'}
        onChange={(sort) => change({ sort: (sort as ListSearch['sort']) ?? undefined })}
      />
      <SegmentedControl
        className={classes.bars}
        aria-label="Bars"
        data={[
          { value: '90d', label: '90 days' },
          { value: '24h', label: '24 hours' },
        ]}
        value={search.bars ?? '90d'}
        onChange={(bars) => change({ bars: bars === '24h' ? '24h' : undefined })}
      />
    </search>
  );
}
