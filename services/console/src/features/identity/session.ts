/** Who is signed in, and what they may do. */
import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { $api } from '~/api/client';
import type { Me, Permission, Role } from '~/api/model';
import { leaveSession } from '~/app/signIn';

export const meQuery = $api.queryOptions(
  'get',
  '/api/v1/me',
  {},
  { staleTime: 5 * 60_000, meta: { guardsRoute: true } },
);

/** The shell's route has waited for it, so below the shell it is always there. */
export const useMe = (): Me => useSuspenseQuery(meQuery).data;

export const useCan = (permission: Permission): boolean => useMe().permissions.includes(permission);

/** The least role that holds a permission: what to ask an admin for. */
export const leastRole: Record<Permission, Role> = {
  endpoints_read: 'viewer',
  checks_run: 'member',
  endpoints_write: 'manager',
  members_read: 'viewer',
  members_invite: 'manager',
  members_manage: 'admin',
  keys_manage: 'admin',
  audit_read: 'admin',
  organization_manage: 'admin',
  organization_own: 'owner',
};

export function useSignOut() {
  const router = useRouter();
  const queryClient = useQueryClient();
  return $api.useMutation('post', '/api/v1/auth/logout', {
    onSuccess: () => leaveSession(router, queryClient),
  });
}
