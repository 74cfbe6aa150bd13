/** The contents of the "edit" dialog. A change names the version it was made from. */
import { Button, Group, Loader, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { toast } from '~/app/toasts';
import { Callout } from '~/ui/Callout';
import { FailurePart } from '~/ui/Failure';
import { fetchEndpoint, refreshEndpoints, type TaggedEndpoint } from '../queries';
import { EndpointForm } from './EndpointForm';
import { toBody, toValues } from './values';

interface EditProps {
  id: string;
  onDone: () => void;
}

export default function EditEndpoint({ id, onDone }: EditProps) {
  const [version, setVersion] = useState(0);
  // A key of its own: live updates must not swap the tag under a half-filled form.
  const loaded = useQuery({
    queryKey: ['edit-endpoint', id, version],
    queryFn: ({ signal }) => fetchEndpoint(id, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (loaded.isError) return <FailurePart error={loaded.error} retry={loaded.refetch} />;
  if (!loaded.data) return <Loader aria-label="Loading" />;
  return (
    <EditForm
      key={version}
      {...loaded.data}
      onDone={onDone}
      onReload={() => setVersion((current) => current + 1)}
    />
  );
}

type EditFormProps = TaggedEndpoint & { onDone: () => void; onReload: () => void };

function EditForm({ endpoint, etag, onDone, onReload }: EditFormProps) {
  const queryClient = useQueryClient();
  const replace = $api.useMutation('put', '/api/v1/endpoints/{id}', {
    meta: { handlesProblems: true },
    onSuccess: ({ name }) => {
      toast(`${name} was changed`);
      onDone();
    },
    onSettled: () => refreshEndpoints(queryClient),
  });
  return (
    <EndpointForm
      initialValues={toValues(endpoint)}
      submitLabel="Save changes"
      pending={replace.isPending}
      notice={replace.isError && <Refusal error={replace.error} onReload={onReload} />}
      onSubmit={async (values) => {
        try {
          await replace.mutateAsync({
            params: { path: { id: endpoint.id }, header: { 'If-Match': etag } },
            body: toBody(values),
          });
          return {};
        } catch (error) {
          return Problem.is(error) ? error.fieldMessages() : {};
        }
      }}
    />
  );
}

function Refusal({ error, onReload }: { error: unknown; onReload: () => void }) {
  if (Problem.is(error) && error.status === 412) {
    return (
      <Callout tone="warn" title="Someone else changed this endpoint">
        <Text size="sm">
          Saving now would undo their change. Reload to see it, then make yours.
        </Text>
        <Group mt="xs">
          <Button variant="default" size="compact-sm" onClick={onReload}>
            Reload
          </Button>
        </Group>
      </Callout>
    );
  }
  if (Problem.is(error) && Object.keys(error.fieldMessages()).length > 0) return null;
  return (
    <Callout tone="down" title="The change was not saved">
      {problemText(error)}
    </Callout>
  );
}
