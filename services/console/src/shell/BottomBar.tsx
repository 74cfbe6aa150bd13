/** Navigation at the thumb, where there is no room for a rail. */
import { Drawer, Stack, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { timeZone } from '~/format/time';
import classes from './BottomBar.module.css';
import { PAGES } from './nav';
import { PersonPanel } from './PersonPanel';

export function BottomBar({ onHelp }: { onHelp: () => void }) {
  const [more, { open, close }] = useDisclosure();
  return (
    <>
      <nav className={classes.bar} aria-label="Main, at the bottom">
        {PAGES.map(({ to, label, icon: Icon, exact }) => (
          <Link key={to} to={to} activeOptions={{ exact }} className={classes.item}>
            <Icon size={19} stroke={1.6} aria-hidden />
            {label}
          </Link>
        ))}
        <UnstyledButton className={classes.item} onClick={open} aria-haspopup="dialog">
          <IconDots size={19} stroke={1.6} aria-hidden />
          More
        </UnstyledButton>
      </nav>
      <Drawer opened={more} onClose={close} position="bottom" size={400} title="More">
        <Stack gap="md">
          <PersonPanel
            onLeave={close}
            onHelp={() => {
              close();
              onHelp();
            }}
          />
          <div>
            <div className="eyebrow">Times in</div>
            <div className="num">{timeZone()}</div>
          </div>
        </Stack>
      </Drawer>
    </>
  );
}
