/** Networks that are trusted or blocked, and which of them decides for an address. */
import { Button, SegmentedControl } from '@mantine/core';
import { keepPreviousData } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import { $api } from '../../api/client';
import { FindField } from '../FindField';
import { given } from '../given';
import { useCan } from '../identity/session';
import { Pager } from '../Pager';
import { usePager } from '../pager';
import { Waiting } from '../Waiting';
import { type Asked, NetworkDialogs } from './dialogs/NetworkDialogs';
import classes from './Networks.module.css';
import { NetworkTable } from './NetworkTable';
import type { NetworkSearch } from './search';

const PAGE_SIZE = 50;
const route = getRouteApi('/_desk/networks');

export function Networks() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const manages = useCan('networks_manage');
  const [asked, ask] = useState<Asked | null>(null);
  const pager = usePager<NetworkSearch>(
    search,
    (next, state) => void navigate({ search: next, state }),
  );
  const list = $api.useQuery(
    'get',
    '/api/v1/networks',
    { params: { query: { limit: PAGE_SIZE, ...given(search) } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <Page
      eyebrow="Platform"
      title="Networks"
      actions={manages && <Button onClick={() => ask({ kind: 'set' })}>Add network</Button>}
    >
      <search className={classes.toolbar} aria-label="Networks">
        <FindField
          label="Find by address, network, reason or author"
          className={classes.find}
          settled={search.q ?? ''}
          onFind={(q) => pager.restart({ q })}
        />
        <SegmentedControl
          aria-label="Which networks"
          data={[
            { value: 'all', label: 'All' },
            { value: 'blocked', label: 'Blocked' },
            { value: 'trusted', label: 'Trusted' },
          ]}
          value={search.verdict ?? 'all'}
          onChange={(verdict) =>
            pager.restart({
              verdict: verdict === 'all' ? undefined : (verdict as NetworkSearch['verdict']),
            })
          }
        />
      </search>
      <div className="sheet">
        {list.isError && !list.data ? (
          <FailurePart error={list.error} retry={list.refetch} />
        ) : !list.data ? (
          <Waiting label="Loading networks" />
        ) : list.data.items.length === 0 ? (
          <Nothing />
        ) : (
          <NetworkTable networks={list.data.items} onAsk={ask} />
        )}
      </div>
      <Pager
        onPrevious={pager.previous}
        onNext={list.data?.next_cursor ? pager.next(list.data.next_cursor) : undefined}
      />
      {asked && <NetworkDialogs asked={asked} onClose={() => ask(null)} />}
    </Page>
  );
}

/** Filtered to nothing, or nothing was ever said: two different texts. */
function Nothing() {
  const { q, verdict, cursor } = route.useSearch();
  const navigate = route.useNavigate();
  if (q || verdict || cursor) {
    return (
      <Notice
        title="Nothing matches"
        action={
          <Button variant="default" onClick={() => void navigate({ search: {} })}>
            Show all networks
          </Button>
        }
      >
        No network fits this search and filter. An address that is in none of them is answered and
        counted like everybody’s.
      </Notice>
    );
  }
  return (
    <Notice title="No network is trusted or blocked">
      Block a network that floods or scans the platform; trust one that many people share, such as
      an office, so that limits by address do not count it.
    </Notice>
  );
}
