/** One clock for everything that ages on screen. */
import { useEffect, useState, useSyncExternalStore } from 'react';

const TICK_MS = 5_000;

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now();
    timer = setInterval(() => {
      now = Date.now();
      for (const each of listeners) each();
    }, TICK_MS);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

/** The time, a few seconds coarse. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

/** Whole seconds until an instant, down to 0; `null` where there is nothing to wait for. */
export function useSecondsUntil(instant: number | null): number {
  const left = instant === null ? 0 : Math.max(0, Math.ceil((instant - Date.now()) / 1_000));
  const [, redraw] = useState(0);
  const waiting = left > 0;
  useEffect(() => {
    if (!waiting) return;
    const ticking = setInterval(() => redraw((count) => count + 1), 500);
    return () => clearInterval(ticking);
  }, [waiting]);
  return left;
}
