/** Text to look for in a list, focused by `/`. */
import { useRef } from 'react';
import { useShortcuts } from '~/shell/shortcuts';
import { FindField as Field, type FindFieldProps } from '~/ui/FindField';

export function FindField(props: Omit<FindFieldProps, 'ref'>) {
  const field = useRef<HTMLInputElement>(null);
  useShortcuts({ '/': () => field.current?.focus() });
  return <Field {...props} ref={field} />;
}
