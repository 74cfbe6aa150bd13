/** Everything that is down or cannot be judged, longest-standing included. */
import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import type { Endpoint } from '~/api/model';
import { formatSpan } from '~/format/time';
import { Section } from '~/ui/Section';
import { StateMark } from '~/ui/StateMark';
import { useNow } from '~/ui/useNow';
import classes from './Overview.module.css';

export function NeedsAttention({ endpoints }: { endpoints: Endpoint[] }) {
  const now = useNow();
  if (endpoints.length === 0) return null;
  return (
    <Section title="Needs attention" flush>
      <ul className={clsx(classes.rows, classes.troubles)}>
        {endpoints.map(({ id, name, state, last_result, state_changed_at }) => (
          <li key={id} className={classes.trouble}>
            <StateMark state={state} />
            <Link to="/endpoints/$id" params={{ id }} className={classes.name}>
              {name}
            </Link>
            <span className={classes.why}>{last_result?.message}</span>
            <span className="num">{state_changed_at && formatSpan(state_changed_at, now)}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
