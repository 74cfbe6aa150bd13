/** Text to look for: asked a moment after the last key, and focused by `/`. */
import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useShortcuts } from '~/shell/shortcuts';

const ASKED_AFTER_MS = 200;

interface FindFieldProps {
  label: string;
  /** What the address says. */
  settled: string;
  onFind: (q: string | undefined) => void;
  className?: string | undefined;
}

export function FindField({ label, settled, onFind, className }: FindFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const find = useDebouncedCallback((q: string) => onFind(q.trim() || undefined), ASKED_AFTER_MS);
  const [draft, setDraft] = useDraft(settled);
  useShortcuts({ '/': () => field.current?.focus() });
  return (
    <TextInput
      ref={field}
      className={className}
      aria-label={label}
      placeholder={label}
      maxLength={200}
      leftSection={<IconSearch size={15} aria-hidden />}
      value={draft}
      onChange={(event) => {
        setDraft(event.currentTarget.value);
        find(event.currentTarget.value);
      }}
    />
  );
}

/** Text being typed, which gives way when the address changes by other hands ("Show all", going back). */
function useDraft(settled: string) {
  const [draft, setDraft] = useState(settled);
  const [seen, setSeen] = useState(settled);
  if (seen !== settled) {
    setSeen(settled);
    if (draft.trim() !== settled) setDraft(settled);
  }
  return [draft, setDraft] as const;
}
