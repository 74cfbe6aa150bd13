/** Previous and next; a cursor knows no page numbers. */
import { Button, Group, Text } from '@mantine/core';
import classes from './EndpointList.module.css';

interface PagerProps {
  note: string | undefined;
  onPrevious?: () => void;
  onNext?: () => void;
}

export function Pager({ note, onPrevious, onNext }: PagerProps) {
  return (
    <div className={classes.pager}>
      <Text size="sm" c="dimmed">
        {note}
      </Text>
      {(onPrevious || onNext) && (
        <Group gap="xs">
          <Button variant="default" disabled={!onPrevious} onClick={onPrevious}>
            Previous
          </Button>
          <Button variant="default" disabled={!onNext} onClick={onNext}>
            Next
          </Button>
        </Group>
      )}
    </div>
  );
}
