/** The pages of the operators. */
import {
  IconBuilding,
  IconChecks,
  IconHistory,
  IconLayoutDashboard,
  IconNetwork,
  IconUser,
  IconUsers,
} from '@tabler/icons-react';
import { useCan, useSession } from '../features/identity/session';

const PAGES = [
  { to: '/', label: 'Overview', icon: IconLayoutDashboard, exact: true, needs: null },
  { to: '/tenants', label: 'Organisations', icon: IconBuilding, exact: false, needs: null },
  { to: '/approvals', label: 'Approvals', icon: IconChecks, exact: false, needs: 'second' },
  { to: '/networks', label: 'Networks', icon: IconNetwork, exact: false, needs: null },
  { to: '/audit', label: 'Audit', icon: IconHistory, exact: false, needs: null },
  { to: '/operators', label: 'Operators', icon: IconUsers, exact: false, needs: 'accounts_manage' },
  { to: '/account', label: 'Account', icon: IconUser, exact: false, needs: null },
] as const;

/** Those that whoever is signed in may open. */
export function usePages() {
  const manages = useCan('accounts_manage');
  const approval = useSession().approval;
  const may = { accounts_manage: manages, second: approval !== 'off' };
  return PAGES.filter(({ needs }) => needs === null || may[needs]);
}

/** What the keyboard can do here. */
export const KEYS = [
  { keys: ['g', 'o'], label: 'Overview' },
  { keys: ['g', 't'], label: 'Organisations' },
  { keys: ['g', 'a'], label: 'Audit' },
  { keys: ['/'], label: 'Find in the list' },
  { keys: ['Esc'], label: 'Close what is open' },
  { keys: ['?'], label: 'This list' },
] as const;
