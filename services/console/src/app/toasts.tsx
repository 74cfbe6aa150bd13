/** Short notices in the corner: what was done, how to take it back, what failed. */
import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Problem, problemText } from '~/api/problem';

const SHOWN_MS = 5_000;
/** Long enough to notice the slip, short enough not to litter. */
const UNDO_MS = 8_000;

let undoCount = 0;

const closeButtonProps = { 'aria-label': 'Dismiss' };

export function toast(message: string): void {
  notifications.show({ message, autoClose: SHOWN_MS, closeButtonProps });
}

/** A failure no field can show, with the reference that finds it in the logs. */
export function toastProblem(error: unknown): void {
  const reference = Problem.is(error) ? error.reference : null;
  notifications.show({
    color: 'down',
    title: problemText(error),
    message: reference ? (
      <Text size="xs" className="num wrap">
        Reference {reference}
      </Text>
    ) : (
      'Please try again.'
    ),
    autoClose: UNDO_MS,
    closeButtonProps,
  });
}

/** Acts at once and offers the way back: `undo` is a real request, not a delayed one. */
export function toastUndo(message: string, undo: () => void): void {
  const id = `undo-${++undoCount}`;
  notifications.show({
    id,
    autoClose: UNDO_MS,
    closeButtonProps,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" className="wrap">
          {message}
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            notifications.hide(id);
            undo();
          }}
        >
          Undo
        </Button>
      </Group>
    ),
  });
}
