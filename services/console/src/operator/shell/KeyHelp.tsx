/** What the keyboard can do here, and the switch for those it disturbs. */
import { Kbd, Modal, Switch, Table } from '@mantine/core';
import { Fragment } from 'react';
import { useSingleKeys } from '~/shell/shortcuts';

const KEYS = [
  { keys: ['g', 'o'], label: 'Overview' },
  { keys: ['g', 't'], label: 'Organisations' },
  { keys: ['g', 'a'], label: 'Audit' },
  { keys: ['/'], label: 'Find in the list' },
  { keys: ['Esc'], label: 'Close what is open' },
  { keys: ['?'], label: 'This list' },
] as const;

export function KeyHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [enabled, setEnabled] = useSingleKeys();
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts">
      <Table verticalSpacing={5} aria-label="Keyboard shortcuts">
        <Table.Tbody>
          {KEYS.map(({ keys, label }) => (
            <Table.Tr key={label}>
              <Table.Th scope="row" fw={400}>
                {label}
              </Table.Th>
              <Table.Td ta="right">
                {keys.map((key, index) => (
                  <Fragment key={key}>
                    {index > 0 && ' '}
                    <Kbd size="xs">{key}</Kbd>
                  </Fragment>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Switch
        mt="lg"
        label="Single keys"
        description="Off leaves Esc"
        checked={enabled}
        onChange={(event) => setEnabled(event.currentTarget.checked)}
      />
    </Modal>
  );
}
