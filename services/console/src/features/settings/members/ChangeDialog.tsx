/** Asks once more before somebody's role changes, or their account is switched off, on or removed. */
import { Button, Group, Modal, NativeSelect, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAttempt } from '~/api/attempt';
import { $api } from '~/api/client';
import type { Member, Role } from '~/api/model';
import { problemText } from '~/api/problem';
import { toast } from '~/app/toasts';
import { useMe } from '~/features/identity/session';
import { Callout } from '~/ui/Callout';
import { rolesUpTo } from './roles';

type Kind = 'role' | 'deactivate' | 'reactivate' | 'remove' | 'own';

export interface Wanted {
  kind: Kind;
  member: Member;
}

const TITLES: Record<Kind, string> = {
  role: 'Change role',
  deactivate: 'Switch the account off',
  reactivate: 'Switch the account on',
  remove: 'Remove from the organisation',
  own: 'Offer ownership',
};

const MEANINGS: Record<Exclude<Kind, 'role'>, string> = {
  deactivate:
    'They are signed out everywhere at once, their API keys do nothing, and their invitations end. Nothing of theirs is lost.',
  reactivate: 'They can sign in again, and their API keys work again.',
  remove:
    'Their account, sessions, keys and ways to sign in are gone for good. What they did stays in the audit log.',
  own: 'They get a mail and seven days to accept. Once they do, they own the organisation and you are an administrator: you can no longer hand it over, delete it, or change what owners are. Only they can give it back.',
};

export function ChangeDialog({ wanted, onClose }: { wanted: Wanted | null; onClose: () => void }) {
  return (
    <Modal
      opened={wanted !== null}
      onClose={onClose}
      title={wanted ? TITLES[wanted.kind] : ''}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {wanted && <Change key={wanted.member.id} wanted={wanted} onClose={onClose} />}
    </Modal>
  );
}

function Change({ wanted: { kind, member }, onClose }: { wanted: Wanted; onClose: () => void }) {
  const { user } = useMe();
  const choices = rolesUpTo(user.role);
  const [role, setRole] = useState<Role>(
    choices.includes(member.role) ? member.role : (choices[0] ?? 'viewer'),
  );
  const act = useChange(kind, member, onClose);
  const who = member.name ?? member.email;
  return (
    <Stack>
      <Text className="wrap">
        <strong>{who}</strong>
        {kind === 'role' ? ` is ${member.role}.` : `: ${MEANINGS[kind]}`}
      </Text>
      {kind === 'role' && (
        <NativeSelect
          label="New role"
          description="It applies at once, and they are told by mail."
          data={choices}
          value={role}
          onChange={(event) => setRole(event.currentTarget.value as Role)}
        />
      )}
      {act.error ? (
        <Callout tone="down" title="That did not work">
          {problemText(act.error)}
        </Callout>
      ) : null}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          loading={act.busy}
          disabled={kind === 'role' && role === member.role}
          onClick={() => act.go(role)}
        >
          {kind === 'role' ? `Make ${role}` : TITLES[kind]}
        </Button>
      </Group>
    </Stack>
  );
}

function useChange(kind: Kind, member: Member, onDone: () => void) {
  const queryClient = useQueryClient();
  const who = member.name ?? member.email;
  const options = (said: string) => ({
    meta: { handlesProblems: true },
    onSuccess: () => {
      toast(said);
      onDone();
    },
    // Also one's own role may be another one now, and invitations may be over.
    onSettled: () => queryClient.invalidateQueries(),
  });
  const role = $api.useMutation(
    'patch',
    '/api/v1/members/{id}',
    options(`${who} has another role`),
  );
  const deactivate = $api.useMutation(
    'post',
    '/api/v1/members/{id}/deactivate',
    options(`${who} is switched off`),
  );
  const reactivate = $api.useMutation(
    'post',
    '/api/v1/members/{id}/reactivate',
    options(`${who} is switched on`),
  );
  const remove = $api.useMutation(
    'delete',
    '/api/v1/members/{id}',
    options(`${who} belongs no more`),
  );
  const own = $api.useMutation(
    'post',
    '/api/v1/ownership-transfer',
    options(`${who} can take the organisation over`),
  );
  const attempt = useAttempt();
  const params = { path: { id: member.id } };
  const chosen = { role, deactivate, reactivate, remove, own }[kind];
  return {
    busy: chosen.isPending,
    error: chosen.error,
    go: (to: Role) => {
      if (kind === 'role') role.mutate({ params, body: { role: to } });
      else if (kind === 'deactivate') deactivate.mutate({ params });
      else if (kind === 'reactivate') reactivate.mutate({ params });
      else if (kind === 'own') {
        const body = { member_id: member.id };
        own.mutate({ params: { header: attempt(body) }, body });
      } else remove.mutate({ params });
    },
  };
}
