import { useState } from 'react';

/** Text being typed, which gives way when the address changes by other hands ("Show all", going back). */
export function useDraft(settled: string) {
  const [draft, setDraft] = useState(settled);
  const [seen, setSeen] = useState(settled);
  if (seen !== settled) {
    setSeen(settled);
    if (draft.trim() !== settled) setDraft(settled);
  }
  return [draft, setDraft] as const;
}
