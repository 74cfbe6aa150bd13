/** The signed-in person: who, how it looks, keys, the way out. */
import { Button, SegmentedControl, Stack, Text, useMantineColorScheme } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMe, useSignOut } from '~/features/identity/session';

const SCHEMES = [
  { value: 'auto', label: 'Auto' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

interface PersonPanelProps {
  onHelp: () => void;
  /** Another page is on its way. */
  onLeave: () => void;
}

export function PersonPanel({ onHelp, onLeave }: PersonPanelProps) {
  const { user, organization, support } = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  return (
    <Stack gap="md">
      <div>
        <Text fw={600} className="wrap">
          {support ? support.operator : user.email}
        </Text>
        <Text size="sm" c="dimmed" className="wrap">
          {support
            ? `Support, looking at ${organization.name}`
            : `${user.role} of ${organization.name}`}
        </Text>
      </div>
      <div>
        <div className="eyebrow">Appearance</div>
        <SegmentedControl
          mt={6}
          fullWidth
          size="sm"
          aria-label="Appearance"
          data={SCHEMES}
          value={colorScheme}
          onChange={(value) => setColorScheme(value as typeof colorScheme)}
        />
      </div>
      {!support && (
        <Button variant="default" component={Link} to="/account" onClick={onLeave}>
          Your account
        </Button>
      )}
      <Button variant="default" onClick={onHelp}>
        Keyboard shortcuts
      </Button>
      <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate({})}>
        Sign out
      </Button>
    </Stack>
  );
}
