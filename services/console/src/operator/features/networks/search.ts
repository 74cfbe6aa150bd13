/** Which networks are shown stands in the address. */
import * as z from 'zod/mini';

const lenient = z.catch(z.optional(z.string()), undefined as never);

export const networkSearch = z.object({
  q: lenient,
  verdict: z.catch(z.optional(z.enum(['trusted', 'blocked'])), undefined as never),
  cursor: lenient,
});

export type NetworkSearch = z.infer<typeof networkSearch>;
