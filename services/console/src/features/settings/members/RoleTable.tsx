/** What each role can do, as the API itself says. */
import { ScrollArea, Skeleton, Table } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { $api } from '~/api/client';
import { FailurePart } from '~/ui/Failure';
import { Section } from '~/ui/Section';

export function RoleTable() {
  const table = $api.useQuery('get', '/api/v1/roles', {}, { staleTime: Number.POSITIVE_INFINITY });
  return (
    <Section title="What can each role do?" flush>
      {table.isError ? (
        <FailurePart error={table.error} retry={table.refetch} />
      ) : !table.data ? (
        <Skeleton height={120} m="md" role="status" aria-label="Loading roles" />
      ) : (
        <ScrollArea
          type="auto"
          // Scrolled by keyboard where it is narrow.
          viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': 'Roles' }}
        >
          <Table aria-label="Roles and what they can do" miw={560} horizontalSpacing="md">
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">Permission</Table.Th>
                {table.data.roles.map(({ role, description }) => (
                  <Table.Th key={role} scope="col" ta="center" title={description}>
                    {role}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {table.data.permissions.map(({ permission, description }) => (
                <Table.Tr key={permission}>
                  <Table.Th scope="row" fw={400}>
                    {description}
                  </Table.Th>
                  {table.data.roles.map(({ role, permissions }) => (
                    <Table.Td key={role} ta="center">
                      {permissions.includes(permission) ? (
                        <IconCheck size={16} role="img" aria-label="Yes" />
                      ) : (
                        <span role="img" aria-label="No">
                          –
                        </span>
                      )}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea>
      )}
    </Section>
  );
}
