/** Names an attempt to create something, so that a lost answer can be asked for again without a second one made. */
import { useRef } from 'react';

/** Works on plain http too, where `crypto.randomUUID` is missing. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The header for a body: the same body again is the same attempt, a changed one is another. */
export function useAttempt(): (body: object) => { 'Idempotency-Key': string } {
  const last = useRef({ body: '', key: '' });
  return (body) => {
    const text = JSON.stringify(body);
    if (last.current.body !== text) last.current = { body: text, key: newKey() };
    return { 'Idempotency-Key': last.current.key };
  };
}
