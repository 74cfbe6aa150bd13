/** Another role for an operator. */
import { Select } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from '~/app/toasts';
import { $api } from '../../../api/client';
import type { Account, Role } from '../../../api/model';
import { DialogForm } from '../../DialogForm';
import { ROLES } from '../../identity/session';
import { refreshAccounts } from '../queries';
import { ROLE_NAMES } from './CreateOperator';

export default function ChangeRole({ account, onDone }: { account: Account; onDone: () => void }) {
  const queryClient = useQueryClient();
  const [role, setRole] = useState<Role>(account.role);
  const change = $api.useMutation('put', '/api/v1/operators/{id}/role', {
    meta: { handlesProblems: true },
    onSuccess: ({ name, role }) => {
      toast(`${name} is ${role} now`);
      onDone();
    },
    onSettled: () => refreshAccounts(queryClient),
  });
  return (
    <DialogForm
      label="Change role"
      pending={change.isPending}
      error={change.error}
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate({ params: { path: { id: account.id } }, body: { role } });
      }}
      onCancel={onDone}
    >
      <Select
        label="Role"
        description="Holds from their next request on"
        allowDeselect={false}
        data-autofocus
        data={ROLE_NAMES.map((value) => ({ value, label: ROLES[value] }))}
        value={role}
        onChange={(value) => value && setRole(value as Role)}
      />
    </DialogForm>
  );
}
