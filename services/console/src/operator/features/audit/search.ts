/** What of the audit log is shown stands in the address. */
import * as z from 'zod/mini';

const lenient = z.catch(z.optional(z.string()), undefined as never);

export const auditSearch = z.object({
  q: lenient,
  tenant: lenient,
  actor: lenient,
  cursor: lenient,
});

export type AuditSearch = z.infer<typeof auditSearch>;
