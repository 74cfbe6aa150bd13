/** What the keyboard can do here, and the switch for those it disturbs. */
import { Kbd, Modal, Switch, Table } from '@mantine/core';
import { Fragment } from 'react';
import { useSingleKeys } from './shortcuts';

interface KeyHelpProps {
  opened: boolean;
  onClose: () => void;
  keys: readonly { keys: readonly string[]; label: string }[];
  /** What goes on working when single keys are off. */
  left: string;
}

export function KeyHelp({ opened, onClose, keys: all, left }: KeyHelpProps) {
  const [enabled, setEnabled] = useSingleKeys();
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts">
      <Table verticalSpacing={5} aria-label="Keyboard shortcuts">
        <Table.Tbody>
          {all.map(({ keys, label }) => (
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
        description={`Off leaves ${left}`}
        checked={enabled}
        onChange={(event) => setEnabled(event.currentTarget.checked)}
      />
    </Modal>
  );
}
