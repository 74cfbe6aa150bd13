/** What the plan allows, learnt from the refusal that said so and kept for this host, so for this organisation. */
import { useLocalStorage } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { countQuery } from './queries';

/** `full` is the limit where as many endpoints exist; `learn` keeps a limit that a refusal named. */
export function usePlanLimit() {
  const [limit, learn] = useLocalStorage<number | null>({
    key: 'signalbox-endpoint-limit',
    defaultValue: null,
    getInitialValueInEffect: false,
  });
  const count = useQuery({ ...countQuery, enabled: limit !== null });
  // More exist than were allowed: the plan has grown since.
  const full = limit !== null && count.data?.total === limit ? limit : null;
  return { full, learn };
}
