/** Single keys and two-key sequences, outside fields and dialogs only. */
import { useLocalStorage } from '@mantine/hooks';
import { useEffect, useEffectEvent } from 'react';

/** Everything the help lists. `Enter` is the browser's own: the row's link has the focus. */
export const KEYS = [
  { keys: ['Ctrl', 'K'], label: 'Go to a page, an endpoint or an action' },
  { keys: ['/'], label: 'The same, with one key' },
  { keys: ['g', 'o'], label: 'Overview' },
  { keys: ['g', 'e'], label: 'Endpoints' },
  { keys: ['c'], label: 'Add an endpoint' },
  { keys: ['j'], label: 'Next row of a list' },
  { keys: ['k'], label: 'Previous row of a list' },
  { keys: ['Enter'], label: 'Open the row' },
  { keys: ['Esc'], label: 'Close what is open' },
  { keys: ['?'], label: 'This list' },
] as const;

/** A sequence is one thought: after this the first key is forgotten. */
const SEQUENCE_MS = 1_000;

/** People who speak to their computer need single keys off (WCAG 2.1.4). */
export const useSingleKeys = () =>
  useLocalStorage({ key: 'signalbox-single-keys', defaultValue: true });

const BUSY = 'input, textarea, select, [contenteditable="true"], [role="dialog"]';

function isFree(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (document.querySelector('[role="dialog"][aria-modal="true"]')) return false;
  return !(event.target instanceof Element && event.target.closest(BUSY));
}

/** `{ 'g o': …, c: … }` for as long as the caller is on screen. */
export function useShortcuts(shortcuts: Record<string, () => void>): void {
  const [enabled] = useSingleKeys();
  const run = useEffectEvent((keys: string): boolean => {
    const action = shortcuts[keys];
    action?.();
    return action !== undefined;
  });

  useEffect(() => {
    if (!enabled) return;
    let first = '';
    let firstAt = 0;
    const press = (event: KeyboardEvent) => {
      if (!isFree(event)) return;
      const sequence = event.timeStamp - firstAt < SEQUENCE_MS ? `${first} ${event.key}` : '';
      first = event.key;
      firstAt = event.timeStamp;
      if ((sequence && run(sequence)) || run(event.key)) {
        event.preventDefault();
        first = '';
      }
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [enabled]);
}
