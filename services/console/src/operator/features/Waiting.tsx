/** Rows that are on their way. */
import { Skeleton, Stack } from '@mantine/core';

export function Waiting({ label }: { label: string }) {
  return (
    <Stack p="md" gap="md" role="status" aria-label={label}>
      {[0, 1, 2, 3, 4].map((row) => (
        <Skeleton key={row} height={24} radius="xs" />
      ))}
    </Stack>
  );
}
