import * as z from 'zod/mini';

export const WINDOWS = ['24h', '7d', '30d', '90d'] as const;

export const detailSearch = z.object({
  window: z.catch(z.optional(z.enum(WINDOWS)), undefined as never),
});
