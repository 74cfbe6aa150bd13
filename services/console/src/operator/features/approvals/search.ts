/** Which requests are shown stands in the address. */
import * as z from 'zod/mini';

export const approvalSearch = z.object({
  state: z.catch(z.optional(z.enum(['pending', 'all'])), undefined as never),
  cursor: z.catch(z.optional(z.string()), undefined as never),
});

export type ApprovalSearch = z.infer<typeof approvalSearch>;
