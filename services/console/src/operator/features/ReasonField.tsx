/** Why something is done. */
import { Textarea, type TextareaProps } from '@mantine/core';
import * as z from 'zod/mini';

export const reasonRule = z
  .string()
  .check(z.trim(), z.minLength(1, 'Say why: it stands in the audit log'), z.maxLength(500));

/** Where nobody but the audit log asks. */
export const reasonMay = z.string().check(z.trim(), z.maxLength(500));

export function ReasonField({ shown, ...props }: TextareaProps & { shown?: boolean }) {
  return (
    <Textarea
      label={shown ? 'Reason' : 'Reason (optional)'}
      description={
        shown ? 'For the audit log, and for the organisation’s people' : 'For the audit log'
      }
      rows={2}
      maxLength={500}
      {...props}
    />
  );
}
