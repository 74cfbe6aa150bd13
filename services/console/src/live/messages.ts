/** What the server says on the socket. Anything else is ignored, so an older tab survives a newer server. */
import * as z from 'zod/mini';

const epoch = z.union([z.string(), z.number()]);

const hello = z.object({ type: z.literal('hello'), epoch, seq: z.number() });
const ping = z.object({ type: z.literal('ping') });
const resync = z.object({ type: z.literal('resync') });
const hint = z.object({
  type: z.enum(['endpoint.changed', 'endpoint.created', 'endpoint.deleted', 'result.recorded']),
  epoch,
  seq: z.number(),
  room: z.string(),
  id: z.string(),
});

const message = z.discriminatedUnion('type', [hello, ping, resync, hint]);

export type Epoch = z.infer<typeof epoch>;
export type Hint = z.infer<typeof hint>;
export type ServerMessage = z.infer<typeof message>;

export function readMessage(data: unknown): ServerMessage | null {
  try {
    return message.safeParse(JSON.parse(String(data))).data ?? null;
  } catch {
    return null;
  }
}
