/** Navigation at the side, where there is room for one. */
import { Link } from '@tanstack/react-router';
import { timeZone } from '~/format/time';
import { NAV } from './nav';
import classes from './Rail.module.css';

export function Rail() {
  return (
    <nav className={classes.rail} aria-label="Main">
      {NAV.map(({ group, items }) => (
        <div key={group}>
          <div className={`eyebrow ${classes.group}`}>{group}</div>
          {items.map(({ to, label, icon: Icon, exact }) => (
            <Link key={to} to={to} activeOptions={{ exact }} className={classes.link}>
              <Icon size={17} stroke={1.6} aria-hidden />
              {label}
            </Link>
          ))}
        </div>
      ))}
      <div className={classes.foot}>
        <div className="eyebrow">Times in</div>
        <div className="num wrap">{timeZone()}</div>
      </div>
    </nav>
  );
}
