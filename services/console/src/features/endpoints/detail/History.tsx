/** How it was over a window: bars, and the time its answers took. */
import { Button, SegmentedControl, Skeleton, Text } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { $api } from '~/api/client';
import type { Endpoint, Window } from '~/api/model';
import { timeZone } from '~/format/time';
import { FailurePart } from '~/ui/Failure';
import { Section } from '~/ui/Section';
import { UptimeBars } from '~/ui/UptimeBars';
import classes from './History.module.css';
import { LatencyPlot } from './LatencyPlot';
import { LatencyTable } from './LatencyTable';
import { WINDOWS } from './search';
import { endpointSummary, WINDOW_NAMES } from './UptimeFigures';

const route = getRouteApi('/_app/endpoints/$id');

export function History({ endpoint: { id, name } }: { endpoint: Endpoint }) {
  const { window = '24h' } = route.useSearch();
  const navigate = route.useNavigate();
  const [asTable, setAsTable] = useState(false);
  const summary = useQuery({ ...endpointSummary(id, window), placeholderData: keepPreviousData });
  const latency = $api.useQuery(
    'get',
    '/api/v1/endpoints/{id}/latency',
    { params: { path: { id }, query: { window } } },
    { placeholderData: keepPreviousData },
  );
  const bars = summary.data?.items[0]?.bars;
  const points = latency.data?.points;
  const measured = points?.some((point) => point.p50_ms != null) ?? false;

  return (
    <Section
      title="Response times"
      note={
        <>
          Median and 95th percentile, in <span className="num">{timeZone()}</span>
        </>
      }
      actions={
        <>
          <Button variant="subtle" size="compact-sm" onClick={() => setAsTable(!asTable)}>
            {asTable ? 'Show as plot' : 'Show as table'}
          </Button>
          <SegmentedControl
            aria-label="Window"
            size="xs"
            data={WINDOWS.map((value) => ({ value, label: WINDOW_NAMES[value] }))}
            value={window}
            onChange={(value) =>
              void navigate({
                search: value === '24h' ? {} : { window: value as Window },
                replace: true,
                resetScroll: false,
              })
            }
          />
        </>
      }
    >
      <div className={classes.history}>
        {bars && summary.data && (
          <UptimeBars bars={bars} stepSeconds={summary.data.step_seconds} label={name} />
        )}
        {latency.isError && !points ? (
          <FailurePart error={latency.error} retry={latency.refetch} />
        ) : !points ? (
          <Skeleton height={240} />
        ) : !measured ? (
          <Text c="dimmed" size="sm" className={classes.empty}>
            No answers in this window yet.
          </Text>
        ) : asTable ? (
          <LatencyTable points={points} />
        ) : (
          <LatencyPlot points={points} window={window} name={name} />
        )}
      </div>
    </Section>
  );
}
