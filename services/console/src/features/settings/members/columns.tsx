/** The columns of the list of members, and the same for a narrow page. */
import { Badge, Group, Menu, Text } from '@mantine/core';
import { createColumnHelper } from '@tanstack/react-table';
import type { Member } from '~/api/model';
import { useCan } from '~/features/identity/session';
import { Ago } from '~/ui/Ago';
import type { TableParts } from '~/ui/DataTable';
import { RowMenu } from '~/ui/RowMenu';
import type { Wanted } from './ChangeDialog';

const column = createColumnHelper<TableParts, Member>();

type OnChange = ((wanted: Wanted) => void) | undefined;

const STATES: Record<Member['state'], string> = {
  active: 'Active',
  unverified: 'Address not verified',
  deactivated: 'Switched off',
};

function Who({ member }: { member: Member }) {
  return (
    <div>
      <Group gap="xs">
        <strong className="wrap">{member.name ?? member.email}</strong>
        {member.current && (
          <Badge variant="default" size="sm">
            You
          </Badge>
        )}
      </Group>
      {member.name && (
        <Text size="sm" c="dimmed" className="wrap">
          {member.email}
        </Text>
      )}
    </div>
  );
}

/** What can be done about somebody. Nobody touches an owner here, nor switches themselves off. */
function MemberMenu({ member, onChange }: { member: Member; onChange: OnChange }) {
  const owns = useCan('organization_own');
  if (!onChange) return null;
  const off = member.state === 'deactivated';
  return (
    <RowMenu of={member.name ?? member.email}>
      <Menu.Item onClick={() => onChange({ kind: 'role', member })}>Change role</Menu.Item>
      {owns && member.role !== 'owner' && member.state === 'active' && (
        <Menu.Item onClick={() => onChange({ kind: 'own', member })}>Offer ownership</Menu.Item>
      )}
      {!member.current && (
        <>
          <Menu.Item onClick={() => onChange({ kind: off ? 'reactivate' : 'deactivate', member })}>
            {off ? 'Switch on' : 'Switch off'}
          </Menu.Item>
          <Menu.Item onClick={() => onChange({ kind: 'remove', member })}>Remove</Menu.Item>
        </>
      )}
    </RowMenu>
  );
}

const seen = (at: string | null) => (at ? <Ago at={at} /> : 'never');

export const memberColumns = (onChange: OnChange) =>
  column.columns([
    column.display({
      id: 'who',
      header: 'Who',
      meta: { width: '30%' },
      cell: ({ row: { original } }) => <Who member={original} />,
    }),
    column.accessor('role', { header: 'Role', enableSorting: false }),
    column.accessor('state', {
      header: 'Account',
      enableSorting: false,
      cell: ({ getValue }) => STATES[getValue()],
    }),
    ...(onChange
      ? [
          column.accessor('second_factor', {
            header: 'Second factor',
            enableSorting: false,
            meta: { wideOnly: true },
            cell: ({ getValue }) => (getValue() ? 'Yes' : 'No'),
          }),
        ]
      : []),
    column.accessor('created_at', {
      header: 'Since',
      enableSorting: false,
      meta: { wideOnly: true },
      cell: ({ getValue }) => <Ago at={getValue()} />,
    }),
    column.accessor('last_seen_at', {
      header: 'Last there',
      enableSorting: false,
      cell: ({ getValue }) => seen(getValue()),
    }),
    column.display({
      id: 'actions',
      header: 'Actions',
      meta: { silent: true, numeric: true },
      cell: ({ row: { original } }) => <MemberMenu member={original} onChange={onChange} />,
    }),
  ]);

export function NarrowMember({ member, onChange }: { member: Member; onChange: OnChange }) {
  return (
    <Group justify="space-between" wrap="nowrap">
      <div>
        <Who member={member} />
        <Text size="sm" c="dimmed" component="div">
          {member.role} · {STATES[member.state]} · {seen(member.last_seen_at)}
        </Text>
      </div>
      <MemberMenu member={member} onChange={onChange} />
    </Group>
  );
}
