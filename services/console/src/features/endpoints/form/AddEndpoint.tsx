/** The contents of the "add" dialog. */
import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useAttempt } from '~/api/attempt';
import { $api } from '~/api/client';
import type { Endpoint } from '~/api/model';
import { Problem, problemText } from '~/api/problem';
import { toast } from '~/app/toasts';
import { Callout } from '~/ui/Callout';
import { usePlanLimit } from '../planLimit';
import { refreshEndpoints } from '../queries';
import { EndpointForm } from './EndpointForm';
import { newEndpoint, toBody, toValues } from './values';

/** A copy needs an address of its own: the same one twice is refused. */
const likeness = (like: Endpoint) => ({ ...toValues(like), name: `${like.name} (copy)` });

export default function AddEndpoint({ like, onDone }: { like?: Endpoint; onDone: () => void }) {
  const queryClient = useQueryClient();
  const plan = usePlanLimit();
  const attempt = useAttempt();
  const create = $api.useMutation('post', '/api/v1/endpoints', {
    meta: { handlesProblems: true },
    onSuccess: ({ name }) => {
      toast(`${name} is being watched`);
      onDone();
    },
    onError: (error) => {
      if (Problem.is(error) && error.body.limit !== undefined) plan.learn(error.body.limit);
    },
    onSettled: () => refreshEndpoints(queryClient),
  });

  return (
    <EndpointForm
      initialValues={like ? likeness(like) : newEndpoint}
      submitLabel="Add endpoint"
      pending={create.isPending}
      notice={
        create.isError ? (
          <Refusal error={create.error} onLeave={onDone} />
        ) : (
          plan.full !== null && <LimitReached limit={plan.full} />
        )
      }
      onSubmit={async (values) => {
        try {
          const body = toBody(values);
          await create.mutateAsync({ params: { header: attempt(body) }, body });
          return {};
        } catch (error) {
          return Problem.is(error) ? error.fieldMessages() : {};
        }
      }}
    />
  );
}

function LimitReached({ limit }: { limit: number }) {
  return (
    <Callout tone="warn" title={`All ${limit} endpoints of your plan are in use`}>
      Remove one, or upgrade the plan, before adding another.
    </Callout>
  );
}

function Refusal({ error, onLeave }: { error: unknown; onLeave: () => void }) {
  const problem = Problem.is(error) ? error : null;
  const existing = problem?.body.existing_id;
  if (problem && !existing && Object.keys(problem.fieldMessages()).length > 0) return null;
  const title = {
    endpoint_exists: 'This address is watched already',
    plan_limit: 'Your plan is full',
    blocked_target: 'This address may not be checked',
  }[problem?.code ?? ''];
  return (
    <Callout tone="down" title={title ?? 'The endpoint was not added'}>
      {problemText(error)}
      {existing && (
        <>
          {' '}
          <Link to="/endpoints/$id" params={{ id: existing }} onClick={onLeave}>
            Open the existing one
          </Link>
        </>
      )}
      {problem?.reference && (
        <Text size="xs" className="num wrap" mt={4}>
          Reference {problem.reference}
        </Text>
      )}
    </Callout>
  );
}
