/** Text to look for in a list: asked a moment after the last key. */
import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { type Ref, useState } from 'react';

const ASKED_AFTER_MS = 200;

export interface FindFieldProps {
  label: string;
  /** The label, where nothing shorter is said. */
  placeholder?: string;
  /** What the address says. */
  settled: string;
  onFind: (q: string | undefined) => void;
  className?: string | undefined;
  ref?: Ref<HTMLInputElement>;
}

export function FindField({
  label,
  placeholder = label,
  settled,
  onFind,
  className,
  ref,
}: FindFieldProps) {
  const find = useDebouncedCallback((q: string) => onFind(q.trim() || undefined), ASKED_AFTER_MS);
  const [draft, setDraft] = useDraft(settled);
  return (
    <TextInput
      ref={ref}
      className={className}
      aria-label={label}
      placeholder={placeholder}
      maxLength={200}
      leftSection={<IconSearch size={15} aria-hidden />}
      value={draft}
      onChange={(event) => {
        setDraft(event.currentTarget.value);
        find(event.currentTarget.value);
      }}
      // Whoever goes to a row before that moment is over would be called back by the search.
      onBlur={() => find.flush()}
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
