/** What the plan allows, learnt from the refusal that said so and kept for this host, so for this organisation. */
import { useLocalStorage } from '@mantine/hooks';

export function usePlanLimit(total: number | undefined) {
  const [learnt, learn] = useLocalStorage<number | null>({
    key: 'signalbox-endpoint-limit',
    defaultValue: null,
    getInitialValueInEffect: false,
  });
  // More exist than were allowed: the plan has grown since.
  const limit = learnt !== null && total !== undefined && total <= learnt ? learnt : null;
  return { limit, reached: limit !== null && total === limit, learn };
}
