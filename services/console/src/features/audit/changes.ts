/** What a row says of a change, as fields side by side. */
import type { AuditEntry } from '~/api/model';

export interface Change {
  field: string;
  before: string | undefined;
  after: string | undefined;
}

const fieldsOf = (value: unknown): Record<string, unknown> => {
  if (value === null || value === undefined) return {};
  return typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : { value };
};

const textOf = (value: unknown): string | undefined => {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** Every field that is named before or after, in that order. */
export function changesOf({ before, after }: Pick<AuditEntry, 'before' | 'after'>): Change[] {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names.map((field) => ({ field, before: textOf(was[field]), after: textOf(is[field]) }));
}

/** `endpoint.created` -> `Endpoint created`. */
export const actionWords = (action: string): string => {
  const words = action.replace(/[._]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** What was changed, as short as it can be said: a person's address, a name, or the sort of thing. */
export const targetWords = ({ target, before, after }: AuditEntry): string => {
  const { name } = { ...fieldsOf(before), ...fieldsOf(after) };
  if (target.name) return target.name;
  return typeof name === 'string' ? name : actionWords(target.kind);
};
