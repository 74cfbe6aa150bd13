/** Uptime over every window, side by side. */
import { useQueries } from '@tanstack/react-query';
import { $api } from '~/api/client';
import type { Window } from '~/api/model';
import { formatDuration, formatPercent } from '~/format/numbers';
import { Figure, Figures } from '~/ui/Figure';
import { WINDOWS } from './search';

export const WINDOW_NAMES: Record<Window, string> = {
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
  '90d': '90 days',
};

export const endpointSummary = (id: string, window: Window) =>
  $api.queryOptions('get', '/api/v1/endpoints/summary', {
    params: { query: { window, ids: id } },
  });

export function UptimeFigures({ id }: { id: string }) {
  const summaries = useQueries({ queries: WINDOWS.map((window) => endpointSummary(id, window)) });
  return (
    <Figures>
      {WINDOWS.map((window, index) => {
        const item = summaries[index]?.data?.items[0];
        return (
          <Figure
            key={window}
            name={`Uptime, ${WINDOW_NAMES[window]}`}
            value={formatPercent(item?.uptime_percent)}
            note={`p95 ${formatDuration(item?.p95_ms)}`}
          />
        );
      })}
    </Figures>
  );
}
