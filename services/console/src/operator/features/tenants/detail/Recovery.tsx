/** Another way in for an owner who lost access: where that stands, how it begins, how it is stopped. */
import { Button, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { toast } from '~/app/toasts';
import { formatInstant } from '~/format/time';
import { FailurePart } from '~/ui/Failure';
import { Section } from '~/ui/Section';
import { $api } from '../../../api/client';
import type { OwnerRecovery, Tenant } from '../../../api/model';
import { useCan } from '../../identity/session';
import { refreshTenants } from '../queries';

function standing({ state, email, due_at: dueAt }: OwnerRecovery): string {
  const until = formatInstant(dueAt);
  if (state === 'asked') return `To ${email}: waits for another operator until ${until}.`;
  if (state === 'sent') return `The link went to ${email} and works until ${until}.`;
  return `Every member was told. The link leaves for ${email} on ${until}.`;
}

export function Recovery({ tenant, onBegin }: { tenant: Tenant; onBegin: () => void }) {
  const queryClient = useQueryClient();
  const manages = useCan('tenants_manage');
  const params = { params: { path: { id: tenant.id } } };
  const status = $api.useQuery('get', '/api/v1/tenants/{id}/recovery', params);
  const stop = $api.useMutation('delete', '/api/v1/tenants/{id}/recovery', {
    onSuccess: () => toast('Stopped'),
    onSettled: () => refreshTenants(queryClient),
  });
  const open = status.data?.recovery;
  const signsIn = tenant.state === 'active' || tenant.state === 'suspended';
  return (
    <Section
      title="Recovery of the owner"
      actions={
        manages &&
        status.data &&
        (open ? (
          <Button variant="default" loading={stop.isPending} onClick={() => stop.mutate(params)}>
            Stop it
          </Button>
        ) : (
          <Button
            variant="default"
            disabled={!signsIn}
            aria-describedby="recovery-standing"
            onClick={onBegin}
          >
            Recover the owner
          </Button>
        ))
      }
    >
      {status.isError && !status.data ? (
        <FailurePart error={status.error} retry={status.refetch} />
      ) : (
        <Text id="recovery-standing" className="wrap">
          {open
            ? standing(open)
            : signsIn
              ? 'For an only owner who lost every way in, with proof of who they are.'
              : `Nobody signs in to an organisation that is ${tenant.state.replaceAll('_', ' ')}.`}
        </Text>
      )}
    </Section>
  );
}
