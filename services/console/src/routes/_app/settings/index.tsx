import { createFileRoute, redirect } from '@tanstack/react-router';
import { meQuery } from '~/features/identity/session';
import { firstPage } from '~/features/settings/pages';

export const Route = createFileRoute('/_app/settings/')({
  beforeLoad: async ({ context }) => {
    const me = await context.queryClient.ensureQueryData(meQuery);
    throw redirect({ to: firstPage(me.permissions), replace: true });
  },
});
