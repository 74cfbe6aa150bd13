/** Thinks nothing of a network any more. */
import { useQueryClient } from '@tanstack/react-query';
import { toast } from '~/app/toasts';
import { Callout } from '~/ui/Callout';
import { $api } from '../../../api/client';
import type { Network } from '../../../api/model';
import { DialogForm } from '../../DialogForm';
import { refreshNetworks } from '../queries';
import { MEANING } from '../verdict';

export default function RemoveNetwork({
  network,
  onDone,
}: {
  network: Network;
  onDone: () => void;
}) {
  const queryClient = useQueryClient();
  const remove = $api.useMutation('delete', '/api/v1/networks/{id}', {
    meta: { handlesProblems: true },
    onSuccess: () => {
      toast(`${network.network} is removed`);
      onDone();
    },
    onSettled: () => refreshNetworks(queryClient),
  });
  return (
    <DialogForm
      label="Remove"
      destructive
      pending={remove.isPending}
      error={remove.error}
      onSubmit={(event) => {
        event.preventDefault();
        remove.mutate({ params: { path: { id: network.id } } });
      }}
      onCancel={onDone}
    >
      <Callout tone="warn" title="What changes">
        {network.in_force
          ? MEANING[network.verdict].removed
          : 'Nothing: its time is over already. It would go by itself within a day.'}
      </Callout>
    </DialogForm>
  );
}
