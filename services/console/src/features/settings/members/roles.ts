/** Which roles somebody can give. The API decides; this only leaves out what it would refuse. */
import type { Role } from '~/api/model';

const GIVEN: Role[] = ['admin', 'manager', 'member', 'viewer'];

/** Roles up to one's own. Nobody is made an owner by somebody else's word. */
export function rolesUpTo(own: Role): Role[] {
  return own === 'owner' ? GIVEN : GIVEN.slice(Math.max(0, GIVEN.indexOf(own)));
}

/** Managers invite up to member. */
export const rolesToInvite = (own: Role): Role[] => rolesUpTo(own === 'manager' ? 'member' : own);
