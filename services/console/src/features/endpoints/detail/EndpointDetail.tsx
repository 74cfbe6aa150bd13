/** One endpoint: how it is, how it was, how it is set. */
import { Button, Skeleton, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Problem } from '~/api/problem';
import { Forbidden } from '~/features/identity/Forbidden';
import { useCan } from '~/features/identity/session';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import { useEndpointActions } from '../actions';
import { EndpointMenu } from '../EndpointMenu';
import { endpointQuery } from '../queries';
import { History } from './History';
import { Results } from './Results';
import { Settings } from './Settings';
import { Standing } from './Standing';
import { UptimeFigures } from './UptimeFigures';

const trail = <Link to="/endpoints">Endpoints</Link>;

export function EndpointDetail({ id }: { id: string }) {
  const loaded = useQuery(endpointQuery(id));
  const endpoint = loaded.data?.endpoint;
  if (!endpoint) {
    return (
      <Page eyebrow={trail} title="Endpoint">
        <div className="sheet">
          {loaded.isError ? <Refused error={loaded.error} retry={loaded.refetch} /> : <Waiting />}
        </div>
      </Page>
    );
  }
  return (
    <Page
      eyebrow={trail}
      title={endpoint.name}
      actions={
        <>
          <CheckNow id={id} name={endpoint.name} />
          <EndpointMenu endpoint={endpoint} />
        </>
      }
    >
      <Standing endpoint={endpoint} />
      <UptimeFigures id={id} />
      <History endpoint={endpoint} />
      <Results endpoint={endpoint} />
      <Settings endpoint={endpoint} />
    </Page>
  );
}

function CheckNow({ id, name }: { id: string; name: string }) {
  const { check, checking } = useEndpointActions({ id, name });
  if (!useCan('checks_run')) return null;
  return (
    <Button onClick={check} loading={checking}>
      Check now
    </Button>
  );
}

function Refused({ error, retry }: { error: unknown; retry: () => void }) {
  if (Problem.is(error) && error.status === 403) return <Forbidden permission="endpoints_read" />;
  if (Problem.is(error) && error.status === 404) {
    return (
      <Notice
        title="No such endpoint"
        action={
          <Button component={Link} to="/endpoints" variant="default">
            All endpoints
          </Button>
        }
      >
        It was removed, or the link is wrong. Removed endpoints are kept for 7 days.
      </Notice>
    );
  }
  return <FailurePart error={error} retry={retry} />;
}

function Waiting() {
  return (
    <Stack p="md" role="status" aria-label="Loading the endpoint">
      <Skeleton height={28} width="40%" />
      <Skeleton height={180} />
    </Stack>
  );
}
