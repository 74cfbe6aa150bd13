import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import type { ReactNode } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { createQueryClient } from '~/app/queryClient';
import { fill } from '~/test/render';
import { api } from '~/test/setup';
import { theme } from '~/theme';
import type { Network, Permission, Session } from '../../api/model';
import { sessionQuery } from '../identity/session';
import RemoveNetwork from './dialogs/RemoveNetwork';
import SetNetwork from './dialogs/SetNetwork';
import { NetworkTable } from './NetworkTable';

const session = (permissions: Permission[]): Session => ({
  operator: {
    id: 'ada',
    email: 'ada@example.com',
    name: 'Ada',
    role: 'operator',
    state: 'active',
    created_at: '2026-11-20T10:00:00Z',
  },
  permissions,
  expires_at: '2026-11-20T18:00:00Z',
  approval: 'off',
});

const network = (more: Partial<Network> = {}): Network => ({
  id: 'scanner',
  network: '203.0.113.0/24',
  verdict: 'blocked',
  reason: 'scans us',
  until: null,
  in_force: true,
  decides: false,
  created_at: '2026-11-20T10:00:00Z',
  created_by: 'cli:grace',
  created_by_email: null,
  ...more,
});

function show(page: ReactNode, permissions: Permission[] = ['tenants_read', 'networks_manage']) {
  const queryClient = createQueryClient(() => {});
  queryClient.setQueryData(sessionQuery.queryKey, session(permissions));
  render(
    <MantineProvider env="test" theme={theme}>
      <QueryClientProvider client={queryClient}>{page}</QueryClientProvider>
    </MantineProvider>,
  );
}

const actions = () => screen.queryByRole('button', { name: 'Actions for 203.0.113.0/24' });

describe('the table of networks', () => {
  it('says what is thought of each, why, who said so, and which one decides', () => {
    show(
      <NetworkTable
        networks={[
          network({ decides: true }),
          network({
            id: 'office',
            network: '198.51.100.0/24',
            verdict: 'trusted',
            in_force: false,
          }),
        ]}
        onAsk={() => {}}
      />,
    );
    expect(screen.getByText('203.0.113.0/24')).toBeVisible();
    expect(screen.getAllByText('decides')).toHaveLength(1);
    expect(screen.getByText('blocked')).toBeVisible();
    expect(screen.getByText('was trusted')).toBeVisible();
    expect(screen.getAllByText('grace, at a terminal')[0]).toBeVisible();
  });

  it('asks for a change or the removal of a row', async () => {
    const onAsk = vi.fn();
    const scanner = network();
    show(<NetworkTable networks={[scanner]} onAsk={onAsk} />);
    await userEvent.click(actions() as HTMLElement);
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Remove' }));
    expect(onAsk).toHaveBeenCalledWith({ kind: 'remove', network: scanner });
  });

  it('offers nothing to whoever may only read', () => {
    show(<NetworkTable networks={[network()]} onAsk={() => {}} />, ['tenants_read']);
    expect(actions()).toBeNull();
  });
});

describe('setting a network', () => {
  it('wants a network and a reason, and sends an end', async () => {
    const asked: Record<string, unknown>[] = [];
    api.use(
      http.post('*/api/v1/networks', async ({ request }) => {
        asked.push((await request.json()) as Record<string, unknown>);
        return HttpResponse.json({ network: network(), changed: true });
      }),
    );
    const onDone = vi.fn();
    show(<SetNetwork onDone={onDone} />);
    await userEvent.click(screen.getByRole('button', { name: 'Block' }));
    expect(screen.getByText('Enter a network, like 203.0.113.0/24')).toBeVisible();
    expect(screen.getByText(/Say why/)).toBeVisible();
    expect(asked).toEqual([]);
    await fill('Network', ' 203.0.113.0/24 ');
    await fill('Reason', 'scans us');
    const before = Date.now();
    await userEvent.click(screen.getByRole('button', { name: 'Block' }));
    await vi.waitFor(() => expect(onDone).toHaveBeenCalledOnce());
    expect(asked).toMatchObject([
      { network: '203.0.113.0/24', verdict: 'blocked', reason: 'scans us' },
    ]);
    const hours = (Date.parse(String(asked[0]?.['until'])) - before) / 3_600_000;
    expect(Math.round(hours)).toBe(24);
  });

  it('says what a verdict means before it is given', async () => {
    show(<SetNetwork onDone={() => {}} />);
    expect(screen.getByText(/Nobody there is answered any more/)).toBeVisible();
    await userEvent.click(screen.getByRole('radio', { name: 'Trust' }));
    expect(screen.getByText(/Limits that count by address do not count them/)).toBeVisible();
    expect(screen.getByRole('button', { name: 'Trust' })).toBeVisible();
  });

  it('shows what the platform refuses where it was typed', async () => {
    api.use(
      http.post('*/api/v1/networks', () =>
        HttpResponse.json(
          {
            status: 400,
            code: 'validation_failed',
            detail: 'The request breaks a rule: see errors.',
            errors: [
              { pointer: '/network', code: 'own_address', message: 'You are at 203.0.113.7.' },
              { pointer: '/until', code: 'past', message: 'This time is over.' },
            ],
          },
          { status: 400 },
        ),
      ),
    );
    show(<SetNetwork network={network()} onDone={() => {}} />);
    await userEvent.click(screen.getByRole('button', { name: 'Block' }));
    expect(await screen.findByText('You are at 203.0.113.7.')).toBeVisible();
    expect(screen.getByText('This time is over.')).toBeVisible();
  });
});

describe('removing a network', () => {
  it.each([
    [network(), /whoever comes from there is answered again/],
    [network({ verdict: 'trusted' }), /also where that is blocked/],
    [network({ in_force: false }), /its time is over already/],
  ])('says what changes', (removed, words) => {
    show(<RemoveNetwork network={removed} onDone={() => {}} />);
    expect(screen.getByText(words)).toBeVisible();
  });

  it('removes it', async () => {
    const gone: unknown[] = [];
    api.use(
      http.delete('*/api/v1/networks/:id', ({ params }) => {
        gone.push(params['id']);
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const onDone = vi.fn();
    show(<RemoveNetwork network={network()} onDone={onDone} />);
    await userEvent.click(screen.getByRole('button', { name: 'Remove' }));
    await vi.waitFor(() => expect(onDone).toHaveBeenCalledOnce());
    expect(gone).toEqual(['scanner']);
  });
});
