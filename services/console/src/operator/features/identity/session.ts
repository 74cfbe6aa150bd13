/** Who is signed in, and what they may do. */
import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { leaveSession } from '~/app/signIn';
import { $api } from '../../api/client';
import type { Permission, Role, Session } from '../../api/model';

export const sessionQuery = $api.queryOptions(
  'get',
  '/api/v1/session',
  {},
  { staleTime: 60_000, meta: { guardsRoute: true } },
);

/** The shell's route has waited for it, so below the shell it is always there. */
export const useSession = (): Session => useSuspenseQuery(sessionQuery).data;

export const useCan = (permission: Permission): boolean =>
  useSession().permissions.includes(permission);

export const ROLES: Record<Role, string> = {
  support: 'Support: reads',
  operator: 'Operator: organisations and networks',
  administrator: 'Administrator: operators’ accounts too',
};

export const PERMISSIONS: Record<Permission, string> = {
  tenants_read: 'See organisations',
  audit_read: 'See the audit log',
  support_access: 'Use support access',
  tenants_manage: 'Change organisations',
  networks_manage: 'Trust and block networks',
  accounts_manage: 'Manage operators',
};

export function useSignOut() {
  const router = useRouter();
  const queryClient = useQueryClient();
  return $api.useMutation('delete', '/api/v1/session', {
    onSuccess: () => leaveSession(router, queryClient),
  });
}
