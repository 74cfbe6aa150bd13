/** What the plan allows, learnt from the refusal that said so: then all endpoints there are fill it. */
import { useLocalStorage } from '@mantine/hooks';

/** Kept per host, so per organisation. */
const KEY = 'signalbox-endpoint-limit';

export function usePlanLimit(total: number | undefined) {
  const [learnt, learn] = useLocalStorage<number | null>({
    key: KEY,
    defaultValue: null,
    getInitialValueInEffect: false,
  });
  // More than the limit exist: the plan has grown since.
  const limit = learnt !== null && total !== undefined && total <= learnt ? learnt : null;
  return { limit, reached: limit !== null && total === limit, learn };
}
