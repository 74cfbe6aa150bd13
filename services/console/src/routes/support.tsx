import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { BeginSupport } from '~/features/identity/BeginSupport';

export const Route = createFileRoute('/support')({
  validateSearch: z.object({ over: z.optional(z.string()) }),
  component: function SupportRoute() {
    return <BeginSupport over={Route.useSearch().over !== undefined} />;
  },
});
