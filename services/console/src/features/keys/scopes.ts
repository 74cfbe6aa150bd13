/** What each permission lets a program do, in words. */
import type { Permission } from '~/api/model';

export const SCOPES: Record<Permission, string> = {
  endpoints_read: 'See endpoints and results',
  checks_run: 'Run checks now',
  endpoints_write: 'Add, change and delete endpoints',
  members_read: 'See who belongs here',
  members_invite: 'Invite people',
  members_manage: 'Change and remove people',
  keys_manage: 'See and revoke API keys',
  audit_read: 'See the audit log',
  organization_manage: 'Change the organisation',
  organization_own: 'What only its owner may',
};
