/** Invitations that wait for an answer. */
import { Button, Group, Skeleton, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { $api } from '~/api/client';
import type { OpenInvitation } from '~/api/model';
import { toast } from '~/app/toasts';
import { useMe } from '~/features/identity/session';
import { formatInstant } from '~/format/time';
import { FailurePart } from '~/ui/Failure';
import { Section } from '~/ui/Section';
import { useNow } from '~/ui/useNow';
import { rolesToInvite } from './roles';

const init = { params: { query: { limit: 200 } } } as const;

export const invitationsQuery = $api.queryOptions('get', '/api/v1/invitations', init);

export function Invitations() {
  const list = $api.useQuery('get', '/api/v1/invitations', init);
  const rows = list.data?.items;
  return (
    <Section title="Invitations" note={rows && rows.length > 0 ? `${rows.length} open` : undefined}>
      {list.isError && !rows ? (
        <FailurePart error={list.error} retry={list.refetch} />
      ) : !rows ? (
        <Skeleton height={28} role="status" aria-label="Loading invitations" />
      ) : rows.length === 0 ? (
        <Text c="dimmed">Nobody is invited at present.</Text>
      ) : (
        rows.map((row) => <Row key={row.id} invitation={row} />)
      )}
    </Section>
  );
}

function Row({ invitation }: { invitation: OpenInvitation }) {
  const { id, email, role, expires_at: until, invited_by: by } = invitation;
  const { user } = useMe();
  const now = useNow();
  const queryClient = useQueryClient();
  const onSettled = () => queryClient.invalidateQueries({ queryKey: invitationsQuery.queryKey });
  const params = { path: { id } };
  const resend = $api.useMutation('post', '/api/v1/invitations/{id}/resend', {
    onSuccess: () => toast(`${email} has a new link`),
    onSettled,
  });
  const revoke = $api.useMutation('delete', '/api/v1/invitations/{id}', {
    onSuccess: () => toast(`The invitation of ${email} is taken back`),
    onSettled,
  });
  const over = Date.parse(until) <= now;
  return (
    <Group justify="space-between" py={6}>
      <div>
        <Text fw={600} className="wrap">
          {email}
        </Text>
        <Text size="sm" c="dimmed" component="div">
          {role}
          {by && <span className="wrap"> · by {by}</span>} ·{' '}
          {over ? 'expired, send it again' : `ends ${formatInstant(until)}`}
        </Text>
      </div>
      {rolesToInvite(user.role).includes(role) && (
        <Group gap="xs">
          <Button
            variant="default"
            size="compact-sm"
            loading={resend.isPending}
            aria-label={`Send again to ${email}`}
            onClick={() => resend.mutate({ params })}
          >
            Send again
          </Button>
          <Button
            variant="default"
            size="compact-sm"
            loading={revoke.isPending}
            aria-label={`Take back from ${email}`}
            onClick={() => revoke.mutate({ params })}
          >
            Take back
          </Button>
        </Group>
      )}
    </Group>
  );
}
