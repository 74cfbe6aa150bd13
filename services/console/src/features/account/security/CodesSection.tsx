/** One-time codes by an authenticator app. */
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { $api } from '~/api/client';
import { toast } from '~/app/toasts';
import { plural } from '~/format/numbers';
import { Ago } from '~/ui/Ago';
import { Section } from '~/ui/Section';
import { securityQuery } from './query';
import { RecoveryCodes } from './RecoveryCodes';

/** With the picture's encoder, which nobody else needs. */
const Enroll = lazy(() => import('./Enroll'));

export function CodesSection({ since, left }: { since: string | null; left: number }) {
  const queryClient = useQueryClient();
  const refresh = () => queryClient.invalidateQueries({ queryKey: securityQuery.queryKey });
  const [enrolling, setEnrolling] = useState(false);
  const [removing, setRemoving] = useState(false);
  const renew = $api.useMutation('post', '/api/v1/me/recovery-codes', { onSuccess: refresh });
  const remove = $api.useMutation('delete', '/api/v1/me/totp', {
    onSuccess: () => {
      toast('Signing in asks for no code any more');
      setRemoving(false);
      return refresh();
    },
  });
  return (
    <Section title="One-time codes" note={since && <Ago at={since} />}>
      <Stack>
        <Text size="sm" c="dimmed">
          {since
            ? `Signing in asks for a code of your app. ${plural(left, 'recovery code')} left.`
            : 'With an authenticator app, your password alone lets nobody in.'}
        </Text>
        <Group>
          {since ? (
            <>
              <Button variant="default" loading={renew.isPending} onClick={() => renew.mutate({})}>
                New recovery codes
              </Button>
              <Button variant="default" onClick={() => setRemoving(true)}>
                Switch off
              </Button>
            </>
          ) : (
            <Button onClick={() => setEnrolling(true)}>Add an authenticator app</Button>
          )}
        </Group>
      </Stack>
      <Modal
        opened={enrolling}
        onClose={() => setEnrolling(false)}
        title="Add an authenticator app"
        closeOnClickOutside={false}
      >
        <Suspense fallback={null}>
          <Enroll
            onConfirmed={refresh}
            onDone={() => {
              setEnrolling(false);
              toast('From now on signing in asks for a code');
            }}
          />
        </Suspense>
      </Modal>
      <Modal opened={removing} onClose={() => setRemoving(false)} title="Switch codes off?">
        <Stack>
          <Text>Your password alone signs you in then. Your recovery codes are worth nothing.</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setRemoving(false)}>
              Keep them
            </Button>
            <Button color="down" loading={remove.isPending} onClick={() => remove.mutate({})}>
              Switch off
            </Button>
          </Group>
        </Stack>
      </Modal>
      <Modal
        opened={renew.isSuccess}
        onClose={renew.reset}
        title="Your new recovery codes"
        closeOnClickOutside={false}
      >
        {renew.data && <RecoveryCodes codes={renew.data.recovery_codes} onDone={renew.reset} />}
      </Modal>
    </Section>
  );
}
