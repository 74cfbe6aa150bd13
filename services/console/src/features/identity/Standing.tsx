/** What a workspace that does not serve everything says instead of a console that only fails. */
import { Button, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { formatInstant } from '~/format/time';
import { Callout } from '~/ui/Callout';
import { FrontDoor } from '~/ui/FrontDoor';
import { ProveAgain } from './ProveAgain';
import { RecoveryStrip } from './RecoveryStrip';
import { SupportStrip } from './SupportStrip';
import { useMe, useSignOut } from './session';

/** In the place of everything behind the sign-in, while the workspace is suspended or being deleted. */
export function Standing({ children }: { children: ReactNode }) {
  const { organization, user, support } = useMe();
  const signOut = useSignOut();
  if (organization.state !== 'suspended' && organization.state !== 'deleting') return children;
  const deleting = organization.state === 'deleting';
  return (
    <FrontDoor
      eyebrow={location.host}
      title={
        deleting ? `${organization.name} is being deleted` : `${organization.name} is suspended`
      }
    >
      <SupportStrip />
      <RecoveryStrip />
      <ProveAgain />
      {deleting ? (
        <Text>
          Nothing is checked any more. All data stays until{' '}
          <strong>{organization.purge_at ? formatInstant(organization.purge_at) : 'later'}</strong>{' '}
          and is gone for good after that. Until then, support can undo it.
        </Text>
      ) : (
        <Text>
          Checks and alerts pause. Nothing is lost: when the workspace is resumed, everything goes
          on as it was. Contact support if you think this is a mistake.
        </Text>
      )}
      {organization.state_reason && (
        <Callout tone="warn" title="Reason">
          {organization.state_reason}
        </Callout>
      )}
      {!support && (
        <>
          <Text c="dimmed">
            You are signed in as <span className="wrap">{user.email}</span>.
          </Text>
          <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate({})}>
            Sign out
          </Button>
        </>
      )}
    </FrontDoor>
  );
}

/** Above every page, while the workspace can only be read. */
export function ReadOnlyStrip() {
  const { organization } = useMe();
  if (organization.state !== 'read_only') return null;
  return (
    <Callout tone="warn" title="This workspace can only be read right now">
      {organization.state_reason ?? 'Changes are possible again soon.'} Checks pause meanwhile.
    </Callout>
  );
}
