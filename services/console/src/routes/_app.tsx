/** Everything behind the sign-in. Nothing below renders before it is known who asks. */
import { createFileRoute, redirect } from '@tanstack/react-router';
import { Problem } from '~/api/problem';
import { Refused } from '~/features/identity/Refused';
import { meQuery } from '~/features/identity/session';
import { Shell } from '~/shell/Shell';

export const Route = createFileRoute('/_app')({
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(meQuery);
    } catch (error) {
      if (!Problem.is(error) || error.status !== 401) throw error;
      const next = location.href;
      throw redirect({ to: '/login', search: next === '/' ? {} : { next } });
    }
  },
  component: Shell,
  errorComponent: Refused,
});
