/** What operators are about to do, and the owner's way to stop it. */
import { Button, Stack } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { $api } from '~/api/client';
import { toast } from '~/app/toasts';
import { formatInstant } from '~/format/time';
import { Callout } from '~/ui/Callout';
import { useMe } from './session';

export default function RecoveryNotice() {
  const { organization, user } = useMe();
  const queryClient = useQueryClient();
  const status = $api.useQuery('get', '/api/v1/ownership/recovery');
  const stop = $api.useMutation('delete', '/api/v1/ownership/recovery', {
    onSuccess: () => toast('Stopped: the owner’s way in stays what it was'),
    onSettled: () => queryClient.invalidateQueries(),
  });
  const recovery = status.data?.recovery;
  if (!recovery) return null;
  const { state, email, due_at: dueAt } = recovery;
  return (
    <Callout tone="warn" title={`The owner of ${organization.name} is to get another way in`}>
      <Stack gap={8} align="flex-start">
        <span>
          Operators were shown proof that the owner lost access.{' '}
          {state === 'sent' ? (
            <>
              A link to a new password went to <span className="wrap">{email}</span> and works until{' '}
              <strong>{formatInstant(dueAt)}</strong>.
            </>
          ) : (
            <>
              On <strong>{formatInstant(dueAt)}</strong> they send a link to a new password to{' '}
              <span className="wrap">{email}</span>.
            </>
          )}{' '}
          {user.role === 'owner'
            ? 'You are the owner and can sign in? Then nobody needs it.'
            : 'Not right? Tell the owner, or answer the mail you got.'}
        </span>
        {user.role === 'owner' && (
          <Button size="compact-sm" loading={stop.isPending} onClick={() => stop.mutate({})}>
            Stop it
          </Button>
        )}
      </Stack>
    </Callout>
  );
}
