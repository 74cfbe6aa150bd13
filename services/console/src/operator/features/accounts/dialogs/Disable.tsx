/** Switches an operator off. */
import { useQueryClient } from '@tanstack/react-query';
import { toast } from '~/app/toasts';
import { Callout } from '~/ui/Callout';
import { $api } from '../../../api/client';
import type { Account } from '../../../api/model';
import { DialogForm } from '../../DialogForm';
import { refreshAccounts } from '../queries';

export default function Disable({ account, onDone }: { account: Account; onDone: () => void }) {
  const queryClient = useQueryClient();
  const disable = $api.useMutation('post', '/api/v1/operators/{id}/disable', {
    meta: { handlesProblems: true },
    onSuccess: ({ name }) => {
      toast(`${name} is switched off`);
      onDone();
    },
    onSettled: () => refreshAccounts(queryClient),
  });
  return (
    <DialogForm
      label="Disable"
      destructive
      pending={disable.isPending}
      error={disable.error}
      onSubmit={(event) => {
        event.preventDefault();
        disable.mutate({ params: { path: { id: account.id } } });
      }}
      onCancel={onDone}
    >
      <Callout tone="warn" title="What happens">
        Their sessions end at once and they cannot sign in until they are enabled again. What they
        did stays in the audit log.
      </Callout>
    </DialogForm>
  );
}
