import type { StateTotals } from '~/api/model';
import { formatCount, formatDuration, formatPercent } from '~/format/numbers';
import { Figure, Figures } from '~/ui/Figure';
import { exceptions, type Sums, watched } from './headline';

export function KeyFigures({ totals, sums }: { totals: StateTotals; sums: Sums }) {
  return (
    <Figures>
      <Figure
        name="Answering"
        value={`${totals.up} of ${watched(totals)}`}
        note={exceptions(totals)}
      />
      <Figure name="Uptime" value={formatPercent(sums.uptimePercent)} note="last 24 hours" />
      <Figure name="Slowest p95" value={formatDuration(sums.slowestP95Ms)} note="last 24 hours" />
      <Figure name="Checks" value={formatCount(sums.checks)} note="last 24 hours" />
    </Figures>
  );
}
