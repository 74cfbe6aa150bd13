/** Another secret for an operator's authenticator app. */
import { useQueryClient } from '@tanstack/react-query';
import { Callout } from '~/ui/Callout';
import { $api } from '../../../api/client';
import type { Account, Enrollment } from '../../../api/model';
import { DialogForm } from '../../DialogForm';
import { refreshAccounts } from '../queries';

interface ResetTotpProps {
  account: Account;
  onMade: (enrollment: Enrollment) => void;
  onCancel: () => void;
}

export default function ResetTotp({ account, onMade, onCancel }: ResetTotpProps) {
  const queryClient = useQueryClient();
  const reset = $api.useMutation('post', '/api/v1/operators/{id}/reset-totp', {
    meta: { handlesProblems: true },
    onSuccess: onMade,
    onSettled: () => refreshAccounts(queryClient),
  });
  return (
    <DialogForm
      label="Reset"
      destructive
      pending={reset.isPending}
      error={reset.error}
      onSubmit={(event) => {
        event.preventDefault();
        reset.mutate({ params: { path: { id: account.id } } });
      }}
      onCancel={onCancel}
    >
      <Callout tone="warn" title="What happens">
        The codes of their present app are worth nothing from now on, and their sessions end. Be
        sure that it is {account.name} who asks.
      </Callout>
    </DialogForm>
  );
}
