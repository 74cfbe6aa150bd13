/** Where you are, whether it is live, where to go, who you are. */
import { ActionIcon, Kbd, Popover, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconSearch, IconUser } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMe } from '~/features/identity/session';
import { LiveBadge } from '~/live/LiveBadge';
import { PersonPanel } from './PersonPanel';
import classes from './TopBar.module.css';

interface TopBarProps {
  onFind: () => void;
  onHelp: () => void;
}

export function TopBar({ onFind, onHelp }: TopBarProps) {
  const { organization, user, support } = useMe();
  const [opened, { toggle, close }] = useDisclosure();
  return (
    <header className={classes.bar}>
      <Link to="/" className={classes.organization}>
        {organization.name}
      </Link>
      <div className={classes.tools}>
        <LiveBadge />
        <UnstyledButton className={classes.search} onClick={onFind}>
          <IconSearch size={15} aria-hidden />
          <span className={classes.hint}>Go to…</span>
          <Kbd size="xs" className={classes.hint}>
            Ctrl K
          </Kbd>
          <span className={classes.narrowOnly}>Go to…</span>
        </UnstyledButton>
        <Popover
          opened={opened}
          onDismiss={close}
          position="bottom-end"
          width={280}
          trapFocus
          returnFocus
        >
          <Popover.Target>
            <ActionIcon
              variant="default"
              size={34}
              className={classes.person}
              onClick={toggle}
              aria-label={`Your account: ${support ? support.operator : user.email}`}
            >
              <IconUser size={17} stroke={1.6} />
            </ActionIcon>
          </Popover.Target>
          <Popover.Dropdown aria-label="Your account">
            <PersonPanel onHelp={onHelp} onLeave={close} />
          </Popover.Dropdown>
        </Popover>
      </div>
    </header>
  );
}
