/** What will happen, before it does. */
import { Button, Group, List, Modal, Stack } from '@mantine/core';
import type { SignInEffects, SignInRules } from '~/api/model';
import { consequences } from './values';

interface ConfirmProps {
  asked: { rules: SignInRules; effects: SignInEffects } | null;
  pending: boolean;
  onCancel: () => void;
  onConfirm: (rules: SignInRules) => void;
}

export function ConfirmChange({ asked, pending, onCancel, onConfirm }: ConfirmProps) {
  return (
    <Modal opened={asked !== null} onClose={onCancel} title="Change the rules for signing in?">
      {asked && (
        <Stack>
          <List aria-label="What will happen" spacing="xs">
            {consequences(asked.effects, asked.rules).map((sentence) => (
              <List.Item key={sentence}>{sentence}</List.Item>
            ))}
          </List>
          <Group justify="flex-end">
            <Button variant="default" onClick={onCancel}>
              Go back
            </Button>
            <Button loading={pending} data-autofocus onClick={() => onConfirm(asked.rules)}>
              Change the rules
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
