/** The registration form: its shape, its own checks, and where the API's refusals belong. */
import * as z from 'zod/mini';
import type { FieldMessages, Problem } from '~/api/problem';
import { fits, MAX_LENGTH, MIN_LENGTH } from './passwordRules';

export const registration = z
  .object({
    organization_name: z
      .string()
      .check(
        z.trim(),
        z.minLength(1, 'Enter the name of your organisation'),
        z.maxLength(120, 'Use at most 120 characters'),
      ),
    slug: z.string().check(z.trim()),
    email: z.email({ error: 'Enter an e-mail address, such as you@example.com' }),
    password: z.string().check(z.refine(fits, `Use ${MIN_LENGTH} to ${MAX_LENGTH} characters`)),
    password_confirm: z.string(),
  })
  .check(
    z.refine((form) => form.password === form.password_confirm, {
      path: ['password_confirm'],
      error: 'The two passwords differ',
    }),
  );

export type Registration = z.infer<typeof registration>;

export const emptyRegistration: Registration = {
  organization_name: '',
  slug: '',
  email: '',
  password: '',
  password_confirm: '',
};

/** A refusal that names no field still belongs to one: the address, chosen or derived. */
export function registrationMessages(problem: Problem, choseAddress: boolean): FieldMessages {
  const messages = problem.fieldMessages();
  if (Object.keys(messages).length > 0) return messages;
  if (problem.code === 'slug_taken') return { slug: problem.message };
  if (problem.code === 'reserved_name') {
    return { [choseAddress ? 'slug' : 'organization_name']: problem.message };
  }
  return {};
}
