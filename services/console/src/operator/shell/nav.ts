/** The pages of the operators. */
import {
  IconBuilding,
  IconHistory,
  IconLayoutDashboard,
  IconUser,
  IconUsers,
} from '@tabler/icons-react';
import { useCan } from '../features/identity/session';

const PAGES = [
  { to: '/', label: 'Overview', icon: IconLayoutDashboard, exact: true, needs: null },
  { to: '/tenants', label: 'Organisations', icon: IconBuilding, exact: false, needs: null },
  { to: '/audit', label: 'Audit', icon: IconHistory, exact: false, needs: null },
  { to: '/operators', label: 'Operators', icon: IconUsers, exact: false, needs: 'accounts_manage' },
  { to: '/account', label: 'Account', icon: IconUser, exact: false, needs: null },
] as const;

/** Those that whoever is signed in may open. */
export function usePages() {
  const manages = useCan('accounts_manage');
  return PAGES.filter(({ needs }) => needs === null || manages);
}
