/** The pages of an organisation's settings, and what each asks for. Only what exists is listed. */
import type { Permission } from '~/api/model';

interface SettingsPage {
  to:
    | '/settings/members'
    | '/settings/sign-in'
    | '/settings/keys'
    | '/settings/audit'
    | '/settings/auth-log'
    | '/settings/support';
  label: string;
  needs: Permission;
}

export const SETTINGS_PAGES: SettingsPage[] = [
  { to: '/settings/members', label: 'Members', needs: 'members_read' },
  { to: '/settings/sign-in', label: 'Signing in', needs: 'organization_manage' },
  { to: '/settings/keys', label: 'API keys', needs: 'keys_manage' },
  { to: '/settings/audit', label: 'Audit log', needs: 'audit_read' },
  { to: '/settings/auth-log', label: 'Sign-ins', needs: 'audit_read' },
  { to: '/settings/support', label: 'Support access', needs: 'organization_manage' },
];

/** The first page that somebody may see; where there is none, one that says what it takes. */
export const firstPage = (permissions: readonly Permission[]): SettingsPage['to'] =>
  SETTINGS_PAGES.find(({ needs }) => permissions.includes(needs))?.to ?? '/settings/members';
