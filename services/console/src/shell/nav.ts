/** The modules of the console. Only what exists is listed. */
import { IconActivity, IconLayoutDashboard } from '@tabler/icons-react';

export const NAV = [
  {
    group: 'Watch',
    items: [
      { to: '/', label: 'Overview', icon: IconLayoutDashboard, exact: true },
      { to: '/endpoints', label: 'Endpoints', icon: IconActivity, exact: false },
    ],
  },
] as const;

export const PAGES = NAV.flatMap(({ items }) => items);
