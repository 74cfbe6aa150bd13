import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { ForgotPassword } from '~/features/identity/ForgotPassword';

export const Route = createFileRoute('/forgot-password')({
  validateSearch: z.object({ email: z.optional(z.string()) }),
  component: () => <ForgotPassword email={Route.useSearch().email ?? ''} />,
});
