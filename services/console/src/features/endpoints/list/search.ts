/** The list's state lives in the address: a link shows what its sender saw. */
import * as z from 'zod/mini';

export const SORTS = ['name', '-name', 'state', '-state', 'created_at', '-created_at'] as const;
export const STATES = ['up', 'down', 'unknown', 'pending', 'paused'] as const;

/** What an older link or a slip of the keyboard says wrong is dropped, never an error page. */
const lenient = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z.catch(z.optional(schema), undefined as never);

export const listSearch = z.object({
  q: lenient(z.string()),
  state: lenient(z.enum(STATES)),
  sort: lenient(z.enum(SORTS)),
  cursor: lenient(z.string()),
  bars: lenient(z.enum(['24h'])),
});

export type ListSearch = z.infer<typeof listSearch>;
