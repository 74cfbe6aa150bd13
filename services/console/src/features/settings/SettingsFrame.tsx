/** The organisation's settings: their pages at the side, above the page where it is narrow. */
import { Link, Outlet } from '@tanstack/react-router';
import { useMe } from '~/features/identity/session';
import { SETTINGS_PAGES } from './pages';
import classes from './SettingsFrame.module.css';

export function SettingsFrame() {
  const { permissions } = useMe();
  return (
    <div className={classes.frame}>
      <nav className={classes.side} aria-label="Settings">
        {SETTINGS_PAGES.filter(({ needs }) => permissions.includes(needs)).map(({ to, label }) => (
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
