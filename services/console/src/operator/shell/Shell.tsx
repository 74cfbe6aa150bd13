/** The frame of the operators' page: rail, top bar, bottom bar, keys. */
import { Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKeyboard, IconLogout } from '@tabler/icons-react';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { timeZone } from '~/format/time';
import { KeyHelp } from '~/shell/KeyHelp';
import railClasses from '~/shell/Rail.module.css';
import shellClasses from '~/shell/Shell.module.css';
import { useShortcuts } from '~/shell/shortcuts';
import topClasses from '~/shell/TopBar.module.css';
import { InsideMain } from '~/ui/MainLandmark';
import { useSession, useSignOut } from '../features/identity/session';
import classes from './Frame.module.css';
import { KEYS, usePages } from './nav';

export function Shell() {
  const navigate = useNavigate();
  const [helping, help] = useDisclosure();
  useShortcuts({
    '?': help.open,
    'g o': () => void navigate({ to: '/' }),
    'g t': () => void navigate({ to: '/tenants' }),
    'g a': () => void navigate({ to: '/audit' }),
  });
  return (
    <div className={shellClasses.shell}>
      <a className={shellClasses.skip} href="#main">
        Skip to content
      </a>
      <TopBar onHelp={help.open} />
      <Rail />
      <Main />
      <BottomBar />
      <KeyHelp opened={helping} onClose={help.close} keys={KEYS} left="Esc" />
    </div>
  );
}

function TopBar({ onHelp }: { onHelp: () => void }) {
  const { operator } = useSession();
  const signOut = useSignOut();
  return (
    <header className={topClasses.bar}>
      <Link to="/" className={topClasses.organization}>
        Signalbox <span className={classes.room}>operators</span>
      </Link>
      <div className={topClasses.tools}>
        <Text size="sm" c="dimmed" className={topClasses.hint}>
          {operator.email}, {operator.role}
        </Text>
        <UnstyledButton className={classes.keys} onClick={onHelp} aria-label="Keyboard shortcuts">
          <IconKeyboard size={18} stroke={1.6} aria-hidden />
        </UnstyledButton>
        <UnstyledButton className={topClasses.search} onClick={() => signOut.mutate({})}>
          <IconLogout size={15} aria-hidden />
          Sign out
        </UnstyledButton>
      </div>
    </header>
  );
}

function Rail() {
  return (
    <nav className={railClasses.rail} aria-label="Main">
      {usePages().map(({ to, label, icon: Icon, exact }) => (
        <Link key={to} to={to} activeOptions={{ exact }} className={railClasses.link}>
          <Icon size={17} stroke={1.6} aria-hidden />
          {label}
        </Link>
      ))}
      <div className={railClasses.foot}>
        <div className="eyebrow">Times in</div>
        <div className="num wrap">{timeZone()}</div>
      </div>
    </nav>
  );
}

function BottomBar() {
  return (
    <nav className={classes.bottom} aria-label="Main, at the bottom">
      {usePages().map(({ to, label, icon: Icon, exact }) => (
        <Link key={to} to={to} activeOptions={{ exact }} className={classes.item}>
          <Icon size={19} stroke={1.6} aria-hidden />
          {label}
        </Link>
      ))}
    </nav>
  );
}

/** Readers of the page land in the content after moving, not at the top of the frame. */
function Main() {
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <main id="main" ref={main} tabIndex={-1} className={shellClasses.main}>
      <InsideMain>
        <Outlet />
      </InsideMain>
    </main>
  );
}
