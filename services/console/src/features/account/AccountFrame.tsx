/** Somebody's own account: its pages at the side, above the page where it is narrow. */
import { Link, Outlet } from '@tanstack/react-router';
import classes from './AccountFrame.module.css';
import { ACCOUNT_PAGES } from './pages';

export function AccountFrame() {
  return (
    <div className={classes.frame}>
      <nav className={classes.side} aria-label="Your account">
        {ACCOUNT_PAGES.map(({ to, label }) => (
          <Link key={to} to={to} className={classes.link}>
            {label}
          </Link>
        ))}
      </nav>
      <div className={classes.page}>
        <Outlet />
      </div>
    </div>
  );
}
