/** Previous and next; a cursor knows no page numbers. */
import { Button, Group } from '@mantine/core';

interface PagerProps {
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
}

export function Pager({ onPrevious, onNext }: PagerProps) {
  if (!onPrevious && !onNext) return null;
  return (
    <Group gap="xs" justify="flex-end">
      <Button variant="default" disabled={!onPrevious} onClick={onPrevious}>
        Previous
      </Button>
      <Button variant="default" disabled={!onNext} onClick={onNext}>
        Next
      </Button>
    </Group>
  );
}
