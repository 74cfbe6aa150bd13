/** The organisation's rules for signing in. */
import { Button, Group, Skeleton, Text } from '@mantine/core';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '~/api/client';
import { Forbidden } from '~/features/identity/Forbidden';
import { useCan } from '~/features/identity/session';
import { Callout } from '~/ui/Callout';
import { FailurePart } from '~/ui/Failure';
import { Page } from '~/ui/Page';
import { RulesEditor } from './RulesEditor';

const PATH = '/api/v1/sign-in-policy';

/** By hand, because the tag is a header. A change of others does not swap it under a half-filled form. */
const policyQuery = queryOptions({
  queryKey: ['get', PATH] as const,
  queryFn: async ({ signal }) => {
    const { data, response } = await api.GET(PATH, { signal });
    if (!data) throw new Error('rules without a body');
    return { policy: data, etag: response.headers.get('etag') ?? '' };
  },
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: 0,
});

export function SignInPolicyPage() {
  const allowed = useCan('organization_manage');
  return (
    <Page eyebrow="Settings" title="Signing in">
      {allowed ? (
        <Loaded />
      ) : (
        <div className="sheet">
          <Forbidden permission="organization_manage" />
        </div>
      )}
    </Page>
  );
}

function Loaded() {
  const queryClient = useQueryClient();
  const loaded = useQuery(policyQuery);
  const [stale, setStale] = useState(false);
  const reload = async () => {
    await queryClient.invalidateQueries({ queryKey: policyQuery.queryKey });
    setStale(false);
  };
  if (loaded.isError && !loaded.data) {
    return (
      <div className="sheet">
        <FailurePart error={loaded.error} retry={loaded.refetch} />
      </div>
    );
  }
  if (!loaded.data) {
    return (
      <Skeleton
        height={420}
        radius="sm"
        role="status"
        aria-label="Loading the rules for signing in"
      />
    );
  }
  return (
    <>
      {stale && (
        <Callout tone="warn" title="Someone else changed these rules">
          <Text size="sm">
            Saving now would undo their change. Reload to see it, then make yours.
          </Text>
          <Group mt="xs">
            <Button variant="default" size="compact-sm" onClick={reload}>
              Reload
            </Button>
          </Group>
        </Callout>
      )}
      <RulesEditor
        key={loaded.data.etag}
        policy={loaded.data.policy}
        etag={loaded.data.etag}
        onStale={() => setStale(true)}
        onSaved={reload}
      />
    </>
  );
}
