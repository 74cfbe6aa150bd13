/** The first page after signing in: one sentence, then what needs a person. */
import { Button, Skeleton } from '@mantine/core';
import { $api } from '~/api/client';
import type { Endpoint } from '~/api/model';
import { Problem } from '~/api/problem';
import { useEndpointDialogs } from '~/features/endpoints/EndpointDialogs';
import { Forbidden } from '~/features/identity/Forbidden';
import { useCan } from '~/features/identity/session';
import { FailurePart } from '~/ui/Failure';
import { Page } from '~/ui/Page';
import { GettingStarted } from './GettingStarted';
import { headline, sumUp, watched } from './headline';
import { KeyFigures } from './KeyFigures';
import { NeedsAttention } from './NeedsAttention';
import { Slowest } from './Slowest';

/** As many as the API sums up without being told which. */
const MOST = 200;

const inState = (state: Endpoint['state']) =>
  ({ params: { query: { state, limit: 20, sort: 'name' } } }) as const;

export function Overview() {
  const summary = $api.useQuery('get', '/api/v1/endpoints/summary', {
    params: { query: { window: '24h' } },
  });
  const list = $api.useQuery('get', '/api/v1/endpoints', { params: { query: { limit: MOST } } });
  const down = $api.useQuery('get', '/api/v1/endpoints', inState('down'));
  const unknown = $api.useQuery('get', '/api/v1/endpoints', inState('unknown'));
  const dialogs = useEndpointDialogs();
  const mayWrite = useCan('endpoints_write');

  const failed = summary.error ?? list.error;
  if (failed && !(summary.data && list.data)) {
    return (
      <Page eyebrow="Right now" title="Overview">
        <div className="sheet">
          {Problem.is(failed) && failed.status === 403 ? (
            <Forbidden permission="endpoints_read" />
          ) : (
            <FailurePart error={failed} retry={() => void summary.refetch()} />
          )}
        </div>
      </Page>
    );
  }
  if (!summary.data || !list.data) {
    return (
      <Page
        eyebrow="Right now"
        title={<Skeleton height={32} width={260} />}
        documentTitle="Overview"
      >
        <Skeleton height={88} role="status" aria-label="Loading the overview" />
        <Skeleton height={240} />
      </Page>
    );
  }

  const { totals, items } = summary.data;
  const endpoints = list.data.items;
  const troubled = [...(down.data?.items ?? []), ...(unknown.data?.items ?? [])];
  return (
    <Page
      eyebrow="Right now"
      title={headline(totals)}
      documentTitle="Overview"
      actions={
        mayWrite && <Button onClick={() => dialogs.open({ kind: 'add' })}>Add endpoint</Button>
      }
    >
      <GettingStarted totals={totals} />
      {watched(totals) > 0 && (
        <>
          <NeedsAttention endpoints={troubled} />
          <KeyFigures totals={totals} sums={sumUp(items)} />
          <Slowest endpoints={endpoints} items={items} stepSeconds={summary.data.step_seconds} />
        </>
      )}
    </Page>
  );
}
