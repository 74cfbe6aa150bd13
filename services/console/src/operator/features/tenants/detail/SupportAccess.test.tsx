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
import type { Permission, Session, TenantDetail } from '../../../api/model';
import { sessionQuery } from '../../identity/session';
import LookInside from './dialogs/LookInside';
import { SupportAccess } from './SupportAccess';

const session = (permissions: Permission[]): Session => ({
  operator: {
    id: 'ada',
    email: 'ada@example.com',
    name: 'Ada',
    role: 'support',
    state: 'active',
    created_at: '2026-11-20T10:00:00Z',
  },
  permissions,
  expires_at: '2026-11-20T18:00:00Z',
  approval: 'off',
});

const detail = (more: Partial<TenantDetail> = {}, state = 'active'): TenantDetail =>
  ({
    tenant: { id: 'acme', slug: 'acme', state },
    hosts: [],
    timeline: [],
    support_allowed: true,
    support_until: null,
    ...more,
  }) as unknown as TenantDetail;

function show(page: ReactNode, permissions: Permission[] = ['tenants_read', 'support_access']) {
  const queryClient = createQueryClient(() => {});
  queryClient.setQueryData(sessionQuery.queryKey, session(permissions));
  render(
    <MantineProvider env="test" theme={theme}>
      <QueryClientProvider client={queryClient}>{page}</QueryClientProvider>
    </MantineProvider>,
  );
}

const button = () => screen.queryByRole('button', { name: 'Look inside' });

describe('looking inside an organisation', () => {
  it('is there where the organisation allows it', async () => {
    const onLook = vi.fn();
    show(<SupportAccess detail={detail()} onLook={onLook} />);
    expect(screen.getByText('Allowed until it is switched off.')).toBeVisible();
    await userEvent.click(button() as HTMLElement);
    expect(onLook).toHaveBeenCalledOnce();
  });

  it.each([
    [detail({ support_allowed: false }), /does not allow it/],
    [detail({}, 'deleting'), 'Nobody signs in to an organisation that is deleting.'],
    [detail({}, 'read_only'), 'Nobody signs in to an organisation that is read only.'],
  ])('says why it is not possible', (hindered, why) => {
    show(<SupportAccess detail={hindered} onLook={() => {}} />);
    expect(button()).toBeDisabled();
    expect(screen.getByText(why)).toBeVisible();
  });

  it('is not offered to whoever may not', () => {
    show(<SupportAccess detail={detail()} onLook={() => {}} />, ['tenants_read']);
    expect(button()).toBeNull();
  });

  it('wants a reason, and gives a link that opens a tab of its own', async () => {
    const asked: unknown[] = [];
    api.use(
      http.post('*/api/v1/tenants/acme/support', async ({ request }) => {
        asked.push(await request.json());
        const expires_at = new Date(Date.now() + 60_000).toISOString();
        const url = 'https://acme.signalbox.example/support#code=abc';
        return HttpResponse.json({ url, expires_at }, { status: 201 });
      }),
    );
    const { tenant } = detail();
    show(<LookInside tenant={tenant} onDone={() => {}} />);
    await userEvent.click(screen.getByRole('button', { name: 'Ask for a link' }));
    expect(await screen.findByText('Say why: it stands in the audit log')).toBeVisible();
    await fill('Reason', 'Checks are late');
    await userEvent.click(screen.getByRole('button', { name: 'Ask for a link' }));
    const link = await screen.findByRole('link', { name: 'Open acme.signalbox.example' });
    expect(link).toHaveAttribute('href', 'https://acme.signalbox.example/support#code=abc');
    expect(link).toHaveAttribute('target', '_blank');
    expect(link).toHaveAttribute('rel', 'noopener noreferrer');
    expect(asked).toEqual([{ reason: 'Checks are late' }]);
  });

  it('says so where the organisation has changed its mind meanwhile', async () => {
    const body = { code: 'support_not_allowed', detail: 'The organisation does not allow it.' };
    api.use(
      http.post('*/api/v1/tenants/acme/support', () => HttpResponse.json(body, { status: 409 })),
    );
    show(<LookInside tenant={detail().tenant} onDone={() => {}} />);
    await fill('Reason', 'Checks are late');
    await userEvent.click(screen.getByRole('button', { name: 'Ask for a link' }));
    expect(await screen.findByText('The organisation does not allow it.')).toBeVisible();
  });
});
