/** Acts as people say them. What this build does not know is shown as it was sent. */
import type { Deed } from '../../api/model';

const ACTIONS: Record<string, string> = {
  'tenant.created': 'Made',
  'tenant.suspended': 'Suspended',
  'tenant.frozen': 'Made read only',
  'tenant.resumed': 'Resumed',
  'tenant.deletion_began': 'Deletion began',
  'tenant.deletion_undone': 'Deletion undone',
  'tenant.renamed': 'Renamed',
  'tenant.plan_changed': 'Plan changed',
  'tenant.cloned': 'Cloned',
  'tenant.dropped': 'Dropped for good',
  'tenant.exported': 'Exported',
  'tenant.imported': 'Imported',
  'tenant.swapped': 'Changed places',
  'domain.added': 'Domain added',
  'domain.removed': 'Domain released',
  'domain.proven': 'Domain proven',
  'domain.lost': 'Domain lost its proof',
  'domain.let_go': 'Unproven domain let go',
  'domain.made_canonical': 'Address for signing in changed',
  'operator.created': 'Operator made',
  'operator.enabled': 'Operator enabled',
  'operator.disabled': 'Operator disabled',
  'operator.role_changed': 'Role changed',
  'operator.totp_reset': 'Authenticator app reset',
  'operator.signed_in': 'Signed in',
  'operator.signed_out': 'Signed out',
  'operator.sign_in_refused': 'Sign-in refused',
  'operator.session_revoked': 'Session ended',
  'operator.password_changed': 'Password changed',
  'operator.password_reset': 'Password replaced',
  'approval.requested': 'Approval asked for',
  'approval.approved': 'Approved',
  'approval.rejected': 'Rejected',
  'support.allowed': 'Support access allowed',
  'support.withdrawn': 'Support access switched off',
  'support.requested': 'Look inside asked for',
  'support.began': 'Look inside began',
  'support.ended': 'Look inside ended',
  'recovery.began': 'Recovery of the owner began',
  'recovery.link_sent': 'Link of the recovery sent',
  'recovery.done': 'Owner recovered',
  'recovery.stopped': 'Recovery of the owner stopped',
  'recovery.expired': 'Link of the recovery not used',
  'recovery.void': 'Recovery of the owner came to nothing',
  'backup.made': 'Backup made',
  'backup.verified': 'Backup verified',
  'job.retried': 'Work tried again',
  'job.discarded': 'Work discarded',
  'migration.begun': 'Migration begun',
  'migration.resumed': 'Migration resumed',
  'migration.retried': 'Migration tried again',
  'keys.rotated': 'Secrets under the present key',
  'switch.thrown': 'Switch thrown',
  'network.trusted': 'Network trusted',
  'network.blocked': 'Network blocked',
  'network.removed': 'Network removed',
};

/** `tenant.size_measured` -> `Tenant: size measured`. */
export function actionWords(action: string): string {
  const known = ACTIONS[action];
  if (known) return known;
  const text = action.replace('.', ': ').replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function actorWords({ actor, actor_email }: Pick<Deed, 'actor' | 'actor_email'>): string {
  if (actor_email) return actor_email;
  if (actor.startsWith('cli:')) return `${actor.slice('cli:'.length)}, at a terminal`;
  if (actor === 'worker') return 'the platform itself';
  if (actor === 'organization') return 'the organisation itself';
  if (actor === 'stranger') return 'somebody at the sign-in';
  return actor;
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

/** `limits: { endpoints: 5 }` is told as `endpoints: 5`. */
const flat = (detail: object): [string, unknown][] =>
  Object.entries(detail).flatMap(([key, value]) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value)
      : [[key, value]],
  );

/** `active to suspended`, `plan: pro, endpoints: 50`; empty where there is nothing to tell. */
export function detailWords(detail: Record<string, unknown>): string {
  const { from, to, ...rest } = detail;
  const moved = from !== undefined && to !== undefined;
  const parts = flat(moved ? rest : detail)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key.replaceAll('_', ' ')}: ${asText(value)}`);
  if (moved) parts.unshift(`${asText(from)} to ${asText(to)}`.replaceAll('_', ' '));
  return parts.join(', ');
}
