/** Asks somebody to join, by mail. */
import { Button, Group, Modal, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useAttempt } from '~/api/attempt';
import { $api } from '~/api/client';
import type { Role } from '~/api/model';
import { Problem, problemText } from '~/api/problem';
import { toast } from '~/app/toasts';
import { useMe } from '~/features/identity/session';
import { Callout } from '~/ui/Callout';
import { invitationsQuery } from './Invitations';
import { rolesToInvite } from './roles';

export function InviteDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Invite somebody"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <InviteForm onClose={onClose} />
    </Modal>
  );
}

function InviteForm({ onClose }: { onClose: () => void }) {
  const { user } = useMe();
  const queryClient = useQueryClient();
  const choices = rolesToInvite(user.role);
  const attempt = useAttempt();
  const form = useForm({ initialValues: { email: '', role: 'member' as Role } });
  const invite = $api.useMutation('post', '/api/v1/invitations', {
    meta: { handlesProblems: true },
    onSuccess: ({ email }) => {
      toast(`${email} is invited`);
      onClose();
    },
    onError: (error) => {
      if (Problem.is(error)) form.setErrors(error.fieldMessages());
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: invitationsQuery.queryKey }),
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ email, role }) => {
        const body = { email: email.trim(), role };
        invite.mutate({ params: { header: attempt(body) }, body });
      })}
    >
      <Stack>
        {invite.isError && Object.keys(form.errors).length === 0 && (
          <Callout tone="down" title="That did not work">
            {problemText(invite.error)}
          </Callout>
        )}
        <TextInput
          label="E-mail"
          description="The link in the mail works once, for seven days, for this address only."
          type="email"
          data-autofocus
          {...form.getInputProps('email')}
        />
        <NativeSelect label="Role" data={choices} {...form.getInputProps('role')} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={invite.isPending}>
            Send the invitation
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
