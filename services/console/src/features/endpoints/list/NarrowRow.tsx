/** A row where there is no room for columns: name and state, then figures; bars below. */
import { Link } from '@tanstack/react-router';
import { formatDuration, formatPercent } from '~/format/numbers';
import { Ago } from '~/ui/Ago';
import { StateTick, stateWord } from '~/ui/StateMark';
import { EndpointMenu } from '../EndpointMenu';
import classes from './EndpointList.module.css';
import { type EndpointRow, rowLink } from './rows';

export function NarrowRow({ row: { endpoint, summary } }: { row: EndpointRow }) {
  const { id, name, state, last_checked_at: checked } = endpoint;
  return (
    <div className={classes.narrow}>
      <StateTick state={state} />
      <div className={classes.lines}>
        <Link to="/endpoints/$id" params={{ id }} className={classes.narrowName} {...rowLink}>
          {name}
        </Link>
        <div className={classes.figures}>
          <span>{stateWord(state)}</span>
          <span className="num">{formatPercent(summary?.uptime_percent)}</span>
          <span className="num">{formatDuration(summary?.p95_ms)}</span>
          {checked && <Ago at={checked} />}
        </div>
      </div>
      <EndpointMenu endpoint={endpoint} />
    </div>
  );
}
