/** A page this role may not see: which role is missing, and who can give it. */
import type { Permission } from '~/api/model';
import { Notice } from '~/ui/Notice';
import { leastRole, useMe } from './session';

const DOING: Partial<Record<Permission, string>> = {
  endpoints_read: 'Seeing endpoints',
  endpoints_write: 'Changing endpoints',
  checks_run: 'Running checks',
  audit_read: 'Seeing the audit log',
  members_read: 'Seeing members',
  organization_manage: 'Changing the organisation’s settings',
  keys_manage: 'Seeing API keys',
};

export function Forbidden({ permission }: { permission: Permission }) {
  const { user, organization } = useMe();
  return (
    <Notice title="Your role does not allow this">
      {DOING[permission] ?? 'This'} needs the role {leastRole[permission]} or higher in{' '}
      {organization.name}; yours is {user.role}. An owner or admin can change it.
    </Notice>
  );
}
