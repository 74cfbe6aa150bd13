/** The eight that answer slowest: where the next trouble usually starts. */
import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import type { Endpoint, SummaryItem } from '~/api/model';
import { formatDuration, formatPercent } from '~/format/numbers';
import { Section } from '~/ui/Section';
import { StateTick } from '~/ui/StateMark';
import { UptimeBars } from '~/ui/UptimeBars';
import classes from './Overview.module.css';

const SHOWN = 8;

interface SlowestProps {
  endpoints: Endpoint[];
  items: SummaryItem[];
  stepSeconds: number;
}

export function Slowest({ endpoints, items, stepSeconds }: SlowestProps) {
  const byId = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
  const slowest = items
    .flatMap((item) => {
      const endpoint = byId.get(item.id);
      return endpoint ? [{ ...item, endpoint }] : [];
    })
    .sort((a, b) => (b.p95_ms ?? -1) - (a.p95_ms ?? -1))
    .slice(0, SHOWN);

  return (
    <Section title="Slowest by p95" note="last 24 hours" flush>
      <ul className={clsx(classes.rows, classes.slows)}>
        {slowest.map(({ id, endpoint: { name, state }, bars, p95_ms, uptime_percent }) => (
          <li key={id} className={classes.slow}>
            <StateTick state={state} />
            <Link to="/endpoints/$id" params={{ id }} className={classes.name}>
              {name}
            </Link>
            <div className={classes.bars}>
              <UptimeBars bars={bars} stepSeconds={stepSeconds} label={name} />
            </div>
            <span className="num">{formatPercent(uptime_percent)}</span>
            <span className="num">{formatDuration(p95_ms)}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
