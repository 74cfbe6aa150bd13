/** The frame of the signed-in console: rail, top bar, bottom bar, keys, live connection. */
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { EndpointDialogs, useEndpointDialogs } from '~/features/endpoints/EndpointDialogs';
import { OfferStrip } from '~/features/identity/OfferStrip';
import { ProveAgain } from '~/features/identity/ProveAgain';
import { RecoveryStrip } from '~/features/identity/RecoveryStrip';
import { SecondFactorDue } from '~/features/identity/SecondFactorDue';
import { ReadOnlyStrip, Standing } from '~/features/identity/Standing';
import { SupportStrip } from '~/features/identity/SupportStrip';
import { useCan } from '~/features/identity/session';
import { LiveProvider } from '~/live/LiveProvider';
import { PausedStrip } from '~/live/PausedStrip';
import { InsideMain } from '~/ui/MainLandmark';
import { BannerStrip } from './BannerStrip';
import { BottomBar } from './BottomBar';
import { KeyHelp } from './KeyHelp';
import { Palette } from './Palette';
import { Rail } from './Rail';
import classes from './Shell.module.css';
import { KEYS, useShortcuts } from './shortcuts';
import { TopBar } from './TopBar';

export function Shell() {
  return (
    <Standing>
      <SecondFactorDue>
        <LiveProvider>
          <EndpointDialogs>
            <Frame />
            <ProveAgain />
          </EndpointDialogs>
        </LiveProvider>
      </SecondFactorDue>
    </Standing>
  );
}

function Frame() {
  const navigate = useNavigate();
  const dialogs = useEndpointDialogs();
  const mayWrite = useCan('endpoints_write');
  const [helping, help] = useDisclosure();
  const [finding, find] = useDisclosure();

  useHotkeys([['mod+K', find.open]], []);
  useShortcuts({
    '/': find.open,
    '?': help.open,
    'g o': () => void navigate({ to: '/' }),
    'g e': () => void navigate({ to: '/endpoints' }),
    ...(mayWrite ? { c: () => dialogs.open({ kind: 'add' }) } : {}),
  });

  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main">
        Skip to content
      </a>
      <TopBar onFind={find.open} onHelp={help.open} />
      <Rail />
      <Main />
      <BottomBar onHelp={help.open} />
      <Palette opened={finding} onClose={find.close} onHelp={help.open} />
      <KeyHelp opened={helping} onClose={help.close} keys={KEYS} left="Ctrl K, Enter and Esc" />
    </div>
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
    <main id="main" ref={main} tabIndex={-1} className={classes.main}>
      <InsideMain>
        <SupportStrip />
        <BannerStrip />
        <ReadOnlyStrip />
        <RecoveryStrip />
        <OfferStrip />
        <PausedStrip />
        <Outlet />
      </InsideMain>
    </main>
  );
}
