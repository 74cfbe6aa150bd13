/** A still picture of the console for the front page, drawn with its own marks. Says that it is an example. */
import clsx from 'clsx';
import type { Bar, EndpointState } from '~/api/model';
import { StateMark } from '~/ui/StateMark';
import { Ticks } from '~/ui/Ticks';
import classes from './Landing.module.css';

const SLICES = 90;

const ROWS: {
  name: string;
  state: EndpointState;
  uptime: string;
  p95: string;
  odd: Partial<Record<number, Bar['state']>>;
}[] = [
  { name: 'Shop', state: 'up', uptime: '99.98%', p95: '214 ms', odd: { 31: 'down' } },
  { name: 'Sign-in', state: 'up', uptime: '100.00%', p95: '96 ms', odd: { 64: 'unknown' } },
  {
    name: 'Search',
    state: 'down',
    uptime: '99.61%',
    p95: '1.42 s',
    odd: { 12: 'down', 89: 'down' },
  },
];

export function SampleBoard() {
  return (
    <figure className={classes.board}>
      <div className="sheet">
        {ROWS.map(({ name, state, uptime, p95, odd }) => (
          <div key={name} className={classes.row}>
            <StateMark state={state} />
            <strong>{name}</strong>
            <Ticks states={Array.from({ length: SLICES }, (_, index) => odd[index] ?? 'up')} />
            <span className={clsx('num', classes.figure)}>{uptime}</span>
            <span className={clsx('num', classes.figure)}>{p95}</span>
          </div>
        ))}
      </div>
      <figcaption className={clsx('eyebrow', classes.caption)}>
        Example: the last 90 days
      </figcaption>
    </figure>
  );
}
