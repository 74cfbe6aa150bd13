/** The modules of the console. Only what exists is listed. */
import { IconActivity, IconLayoutDashboard, IconSettings } from '@tabler/icons-react';

export const NAV = [
  {
    group: 'Watch',
    items: [
      { to: '/', label: 'Overview', icon: IconLayoutDashboard, exact: true },
      { to: '/endpoints', label: 'Endpoints', icon: IconActivity, exact: false },
    ],
  },
  {
    group: 'Organisation',
    items: [{ to: '/settings', label: 'Settings', icon: IconSettings, exact: false }],
  },
] as const;

export const PAGES = [...NAV[0].items, ...NAV[1].items];
