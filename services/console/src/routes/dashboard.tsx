import { createFileRoute, redirect } from '@tanstack/react-router';

/** The address people guess, and the one older bookmarks hold. */
export const Route = createFileRoute('/dashboard')({
  beforeLoad: () => {
    throw redirect({ to: '/', replace: true });
  },
});
