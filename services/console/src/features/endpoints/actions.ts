/** What can be done to one endpoint from a row, the detail page or the palette. */
import { useQueryClient } from '@tanstack/react-query';
import { $api } from '~/api/client';
import type { Endpoint } from '~/api/model';
import { toast, toastUndo } from '~/app/toasts';
import { formatDuration } from '~/format/numbers';
import { refreshEndpoints, showState } from './queries';

export function useEndpointActions({ id, name }: Pick<Endpoint, 'id' | 'name'>) {
  const queryClient = useQueryClient();
  const params = { params: { path: { id } } };
  const refresh = () => refreshEndpoints(queryClient);

  const pause = $api.useMutation('post', '/api/v1/endpoints/{id}/pause', {
    onMutate: () => showState(queryClient, id, 'paused'),
    onError: (_error, _variables, putBack) => putBack?.(),
    onSettled: refresh,
  });
  const resume = $api.useMutation('post', '/api/v1/endpoints/{id}/resume', {
    onMutate: () => showState(queryClient, id, 'pending'),
    onError: (_error, _variables, putBack) => putBack?.(),
    onSettled: refresh,
  });
  const restore = $api.useMutation('post', '/api/v1/endpoints/{id}/restore', {
    onSuccess: () => toast(`${name} is back`),
    onSettled: refresh,
  });
  const remove = $api.useMutation('delete', '/api/v1/endpoints/{id}', {
    onSuccess: () => toastUndo(`${name} was removed`, () => restore.mutate(params)),
    onSettled: refresh,
  });
  const check = $api.useMutation('post', '/api/v1/endpoints/{id}/check', {
    onSuccess: ({ outcome, message, duration_ms }) =>
      toast(
        outcome === 'up'
          ? `${name} answered in ${formatDuration(duration_ms)}`
          : `${name}: ${message}`,
      ),
    onSettled: refresh,
  });

  return {
    pause: () => pause.mutate(params),
    resume: () => resume.mutate(params),
    remove: (onSuccess?: () => void) => remove.mutate(params, onSuccess ? { onSuccess } : {}),
    check: () => check.mutate(params),
    checking: check.isPending,
  };
}
