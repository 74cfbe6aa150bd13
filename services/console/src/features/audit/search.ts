/** What is shown of the log lives in the address: a link shows what its sender saw. */
import * as z from 'zod/mini';

export const ACTORS = ['user', 'key', 'worker', 'operator', 'anonymous'] as const;

/** What an older link or a slip of the keyboard says wrong is dropped, never an error page. */
export const lenient = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z.catch(z.optional(schema), undefined as never);

export const day = z.string().check(z.regex(/^\d{4}-\d\d-\d\d$/));
export const id = z.string().check(z.regex(/^[0-9a-f-]{36}$/));

export const auditSearch = z.object({
  q: lenient(z.string()),
  /** A sort of actor, or a person's id. */
  actor: lenient(z.union([z.enum(ACTORS), id])),
  /** What sort of thing: the first word of the action. */
  action: lenient(z.string().check(z.regex(/^[a-z_.]+$/))),
  target: lenient(id),
  /** Days of the viewer's zone, both included. */
  from: lenient(day),
  to: lenient(day),
});

export type AuditSearch = z.infer<typeof auditSearch>;

export interface AuditFilter {
  q?: string;
  actor?: string;
  action?: string;
  target?: string;
  from?: string;
  to?: string;
}

/** Midnight of a day in the viewer's zone, `later` days on. */
export function midnight(text: string, later: number): string | undefined {
  const at = new Date(`${text}T00:00:00`);
  if (Number.isNaN(at.getTime())) return undefined;
  at.setDate(at.getDate() + later);
  return at.toISOString();
}

/** The filter as the API takes it. */
export function filterOf({ q, actor, action, target, from, to }: AuditSearch): AuditFilter {
  const begin = from && midnight(from, 0);
  const end = to && midnight(to, 1);
  return {
    ...(q ? { q } : {}),
    ...(actor ? { actor } : {}),
    ...(action ? { action } : {}),
    ...(target ? { target } : {}),
    ...(begin ? { from: begin } : {}),
    ...(end ? { to: end } : {}),
  };
}

/** The address of a file of what is shown. */
export const exportLink = (search: AuditSearch, format: 'csv' | 'jsonl'): string =>
  `/api/v1/audit/export?${new URLSearchParams({ ...filterOf(search), format })}`;
