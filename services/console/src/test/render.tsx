/** Renders a piece of the console with everything around it that it expects. */
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import type { Endpoint, Me } from '~/api/model';
import { createQueryClient } from '~/app/queryClient';
import { meQuery } from '~/features/identity/session';
import { theme } from '~/theme';

export const owner: Me = {
  user: { id: 'u1', email: 'wile@acme.example', role: 'owner', created_at: '2026-11-20T10:00:00Z' },
  organization: {
    id: 't1',
    name: 'Acme',
    slug: 'acme',
    url: 'http://acme.localhost',
    state: 'active',
  },
  permissions: ['endpoints_read', 'checks_run', 'endpoints_write', 'organization_manage'],
  ownership_offered: false,
  recovery_under_way: false,
  second_factor_due: false,
};

export const shop: Endpoint = {
  id: '01900000-0000-7000-8000-000000000001',
  name: 'Shop',
  url: 'https://shop.example',
  kind: 'http',
  state: 'up',
  interval_seconds: 60,
  timeout_ms: 10_000,
  method: 'GET',
  expected_codes: '200-299',
  state_changed_at: '2026-11-20T10:00:00Z',
  created_at: '2026-11-20T10:00:00Z',
  updated_at: '2026-11-20T10:00:00Z',
};

/** Adds text to a field in one go: a key at a time takes seconds for a sentence. */
export async function fill(label: string, text: string): Promise<void> {
  await userEvent.click(await screen.findByLabelText(label));
  await userEvent.paste(text);
}

export function renderPage(
  page: ReactNode,
  { me = owner, hash = '' }: { me?: Me; hash?: string } = {},
) {
  const queryClient = createQueryClient(() => {});
  queryClient.setDefaultOptions({ queries: { retry: false, staleTime: 0 } });
  queryClient.setQueryData(meQuery.queryKey, me);
  const root = createRootRoute();
  const paths = [
    '/',
    '/endpoints',
    '/endpoints/$id',
    '/login',
    '/support',
    '/site/login',
    '/ownership',
  ];
  const routes = paths.map((path) =>
    createRoute({
      getParentRoute: () => root,
      path,
      component: () => (path === '/' ? page : path),
    }),
  );
  const router = createRouter({
    routeTree: root.addChildren(routes),
    history: createMemoryHistory({ initialEntries: [`/${hash}`] }),
  });
  render(
    <MantineProvider env="test" theme={theme}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { router, queryClient };
}
