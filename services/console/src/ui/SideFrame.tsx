/** A group of pages: their list at the side, above the page where it is narrow. */
import { Link, type LinkProps, Outlet } from '@tanstack/react-router';
import classes from './SideFrame.module.css';

interface SideFrameProps {
  /** What the pages are about, for whoever hears the list. */
  label: string;
  pages: readonly { to: NonNullable<LinkProps['to']>; label: string }[];
}

export function SideFrame({ label, pages }: SideFrameProps) {
  return (
    <div className={classes.frame}>
      <nav className={classes.side} aria-label={label}>
        {pages.map((page) => (
          <Link key={page.to} to={page.to} className={classes.link}>
            {page.label}
          </Link>
        ))}
      </nav>
      <div className={classes.page}>
        <Outlet />
      </div>
    </div>
  );
}
