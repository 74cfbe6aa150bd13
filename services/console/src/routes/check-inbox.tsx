import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { CheckInbox } from '~/features/identity/CheckInbox';

export const Route = createFileRoute('/check-inbox')({
  validateSearch: z.object({ email: z.optional(z.string()) }),
  component: () => <CheckInbox email={Route.useSearch().email ?? ''} />,
});
