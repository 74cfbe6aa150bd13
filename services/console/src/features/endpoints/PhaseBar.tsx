/** Where the time of one check went, phase by phase. */
import type { Timings } from '~/api/model';
import { formatDuration } from '~/format/numbers';
import classes from './PhaseBar.module.css';

const PHASES = [
  ['dns_us', 'Name lookup'],
  ['connect_us', 'Connect'],
  ['tls_us', 'TLS'],
  ['send_us', 'Send'],
  ['wait_us', 'First byte'],
  ['receive_us', 'Body'],
] as const satisfies [keyof Timings, string][];

export function PhaseBar({ timings }: { timings: Timings }) {
  const phases = PHASES.flatMap(([key, name]) => {
    const us = timings[key];
    return us == null ? [] : [{ key, name, us }];
  });
  const total = phases.reduce((sum, { us }) => sum + us, 0);
  if (total === 0) return null;

  let x = 0;
  const blocks = phases.map(({ key, us }) => {
    const block = { key, x, width: (us / total) * 100 };
    x += block.width;
    return block;
  });
  return (
    <div className={classes.phases}>
      <svg
        className={classes.bar}
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {blocks.map(({ key, ...box }) => (
          <rect key={key} className={classes[key]} y={0} height={10} {...box} />
        ))}
      </svg>
      <dl className={classes.list}>
        {phases.map(({ key, name, us }) => (
          <div key={key}>
            <dt>
              <svg viewBox="0 0 8 8" aria-hidden="true">
                <rect width="8" height="8" className={classes[key]} />
              </svg>
              {name}
            </dt>
            <dd className="num">{formatDuration(us / 1_000)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
