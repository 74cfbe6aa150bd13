/** The list's state lives in the address: a link shows what its sender saw. */
import * as z from 'zod/mini';
import { STATES } from '../state';

export const SORTS = ['slug', 'size', 'plan', 'state', 'version', 'created', 'active'] as const;

/** What an older link or a slip of the keyboard says wrong is dropped, never an error page. */
const lenient = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z.catch(z.optional(schema), undefined as never);

export const tenantSearch = z.object({
  q: lenient(z.string()),
  state: lenient(z.enum(STATES)),
  plan: lenient(z.string()),
  sort: lenient(z.enum(SORTS)),
  cursor: lenient(z.string()),
});

export type TenantSearch = z.infer<typeof tenantSearch>;

/** The server knows one direction of each order. */
export const DESCENDING: readonly string[] = ['size', 'created', 'active'];
