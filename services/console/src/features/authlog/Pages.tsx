/** A list that goes on: what is there, what failed, what is still to come. */
import { Button, Group, Skeleton, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { FailurePart } from '~/ui/Failure';

interface Pages {
  isError: boolean;
  error: unknown;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

export function GoesOn({
  list,
  rows,
  children,
}: {
  list: Pages;
  rows?: unknown[] | undefined;
  children: ReactNode;
}) {
  return (
    <div className="sheet">
      {list.isError && !rows ? (
        <FailurePart error={list.error} retry={() => void list.refetch()} />
      ) : rows ? (
        children
      ) : (
        <Stack p="md" gap="md" role="status" aria-label="Loading the list">
          {[0, 1, 2, 3, 4].map((row) => (
            <Skeleton key={row} height={24} radius="xs" />
          ))}
        </Stack>
      )}
      {list.hasNextPage && (
        <Group justify="center" p="sm">
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show older
          </Button>
        </Group>
      )}
    </div>
  );
}
