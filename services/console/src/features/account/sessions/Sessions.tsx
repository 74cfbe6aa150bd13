/** Where somebody is signed in, and the way to end what is not theirs any more. */
import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { $api } from '~/api/client';
import type { OpenSession } from '~/api/model';
import { leaveSession } from '~/app/signIn';
import { toast } from '~/app/toasts';
import { plural } from '~/format/numbers';
import { Ago } from '~/ui/Ago';
import { DataTable } from '~/ui/DataTable';
import { FailurePart } from '~/ui/Failure';
import { Page } from '~/ui/Page';
import { deviceOf, kindOf, sessionColumns } from './columns';

const sessionsQuery = $api.queryOptions('get', '/api/v1/auth/sessions');

export function Sessions() {
  const list = $api.useQuery('get', '/api/v1/auth/sessions');
  const ending = useEnding();
  const rows = list.data?.items.toSorted((a, b) => Number(b.current) - Number(a.current));
  const others = rows?.filter(({ current }) => !current).length ?? 0;

  return (
    <Page
      eyebrow="Your account"
      title="Sessions"
      actions={
        others > 0 && (
          <Button variant="default" loading={ending.busy} onClick={ending.others}>
            End all others
          </Button>
        )
      }
    >
      <Text c="dimmed">
        Every browser and program that is signed in as you. End what you do not know, then change
        your password.
      </Text>
      <div className="sheet">
        {list.isError && !rows ? (
          <FailurePart error={list.error} retry={list.refetch} />
        ) : !rows ? (
          <Stack p="md" aria-busy="true">
            <Skeleton height={28} />
            <Skeleton height={28} />
          </Stack>
        ) : (
          <DataTable
            label="Sessions"
            columns={sessionColumns(ending.one)}
            rows={rows}
            rowId={({ id }) => id}
            renderNarrow={(row) => <NarrowSession session={row} onEnd={() => ending.one(row)} />}
          />
        )}
      </div>
    </Page>
  );
}

function NarrowSession({ session, onEnd }: { session: OpenSession; onEnd: () => void }) {
  return (
    <Group justify="space-between" wrap="nowrap">
      <div>
        <Text fw={600} className="wrap">
          {deviceOf(session)}
        </Text>
        <Text size="sm" c="dimmed" component="div">
          {session.current ? 'This one' : <Ago at={session.last_seen_at} />}
          {kindOf(session) && <span> · {kindOf(session)}</span>}
          {session.address && <span className="num"> · {session.address}</span>}
        </Text>
      </div>
      <Button
        variant="default"
        size="compact-sm"
        aria-label={`End ${deviceOf(session)}`}
        onClick={onEnd}
      >
        End
      </Button>
    </Group>
  );
}

function useEnding() {
  const queryClient = useQueryClient();
  const router = useRouter();
  const refresh = () => queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
  const one = $api.useMutation('delete', '/api/v1/auth/sessions/{id}', { onSettled: refresh });
  const others = $api.useMutation('delete', '/api/v1/auth/sessions', {
    onSuccess: ({ ended }) => toast(`${plural(ended, 'session')} ended`),
    onSettled: refresh,
  });
  const leave = () => leaveSession(router, queryClient);
  return {
    busy: others.isPending,
    one: (session: OpenSession) =>
      one.mutate(
        { params: { path: { id: session.id } } },
        {
          onSuccess: () =>
            session.current ? void leave() : toast(`${deviceOf(session)} is signed out`),
        },
      ),
    others: () => others.mutate({ params: { query: { except: 'current' } } }),
  };
}
