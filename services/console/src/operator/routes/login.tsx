import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { SignIn } from '../features/identity/SignIn';

export const Route = createFileRoute('/login')({
  validateSearch: z.object({ next: z.optional(z.string()) }),
  component: function SignInRoute() {
    const { next } = Route.useSearch();
    return <SignIn {...(next ? { next } : {})} />;
  },
});
