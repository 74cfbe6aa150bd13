/** What is shown of the log of sign-ins lives in the address. */
import * as z from 'zod/mini';
import { day, id, lenient, midnight } from '~/features/audit/search';

export const authLogSearch = z.object({
  q: lenient(z.string()),
  outcome: lenient(z.string().check(z.regex(/^[a-z_]+$/))),
  person: lenient(id),
  /** Days of the viewer's zone, both included. */
  from: lenient(day),
  to: lenient(day),
});

export type AuthLogSearch = z.infer<typeof authLogSearch>;

export interface AuthLogFilter {
  q?: string;
  outcome?: string;
  person?: string;
  from?: string;
  to?: string;
}

/** The filter as the API takes it. */
export function filterOf({ q, outcome, person, from, to }: AuthLogSearch): AuthLogFilter {
  const begin = from && midnight(from, 0);
  const end = to && midnight(to, 1);
  return {
    ...(q ? { q } : {}),
    ...(outcome ? { outcome } : {}),
    ...(person ? { person } : {}),
    ...(begin ? { from: begin } : {}),
    ...(end ? { to: end } : {}),
  };
}

/** The address of a file of what is shown. */
export const exportLink = (search: AuthLogSearch): string =>
  `/api/v1/auth-log/export?${new URLSearchParams({ ...filterOf(search) })}`;
