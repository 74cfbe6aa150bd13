import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import type { ReactNode } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createQueryClient } from '~/app/queryClient';
import { fill } from '~/test/render';
import { api } from '~/test/setup';
import { theme } from '~/theme';
import type { OwnerRecovery, Permission, Session, Tenant } from '../../../api/model';
import { sessionQuery } from '../../identity/session';
import RecoverOwner from './dialogs/RecoverOwner';
import { Recovery } from './Recovery';

const tenant = (state = 'active') => ({ id: 'acme', slug: 'acme', state }) as unknown as Tenant;

let open: OwnerRecovery | null;
let said: unknown[];

beforeEach(() => {
  open = null;
  said = [];
  api.use(
    http.get('*/api/v1/tenants/acme/recovery', () => HttpResponse.json({ recovery: open })),
    http.delete('*/api/v1/tenants/acme/recovery', () => {
      said.push('stopped');
      open = null;
      return new HttpResponse(null, { status: 204 });
    }),
    http.post('*/api/v1/tenants/acme/recovery', async ({ request }) => {
      said.push(await request.json());
      return HttpResponse.json({}, { status: 201 });
    }),
  );
});

function show(page: ReactNode, permissions: Permission[] = ['tenants_read', 'tenants_manage']) {
  const queryClient = createQueryClient(() => {});
  const session = { permissions, approval: 'destructive' } as unknown as Session;
  queryClient.setQueryData(sessionQuery.queryKey, session);
  render(
    <MantineProvider env="test" theme={theme}>
      <QueryClientProvider client={queryClient}>{page}</QueryClientProvider>
    </MantineProvider>,
  );
}

describe('the recovery of an owner', () => {
  it('begins where nothing is under way', async () => {
    const onBegin = vi.fn();
    show(<Recovery tenant={tenant()} onBegin={onBegin} />);
    await userEvent.click(await screen.findByRole('button', { name: 'Recover the owner' }));
    expect(onBegin).toHaveBeenCalledOnce();
  });

  it('is not possible where nobody signs in', async () => {
    show(<Recovery tenant={tenant('read_only')} onBegin={() => {}} />);
    expect(await screen.findByRole('button', { name: 'Recover the owner' })).toBeDisabled();
    expect(screen.getByText(/organisation that is read only/)).toBeVisible();
  });

  it.each([
    ['asked', /waits for another operator until/],
    ['waiting', /Every member was told. The link leaves for/],
    ['sent', /The link went to/],
  ])('tells where it stands, and is stopped: %s', async (state, words) => {
    open = { state, email: 'a•••@x.example', created_at: '', due_at: '2999-11-23T10:00:00Z' };
    show(<Recovery tenant={tenant()} onBegin={() => {}} />);
    expect(await screen.findByText(words)).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Stop it' }));
    await expect.poll(() => said).toEqual(['stopped']);
    expect(await screen.findByRole('button', { name: 'Recover the owner' })).toBeVisible();
  });

  it('is only told to whoever may not manage', async () => {
    show(<Recovery tenant={tenant()} onBegin={() => {}} />, ['tenants_read']);
    expect(await screen.findByText(/For an only owner/)).toBeVisible();
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('asks for proof, a reason and the slug, and says that another one has to approve', async () => {
    show(<RecoverOwner tenant={tenant()} onDone={() => {}} />);
    expect(screen.getByText(/Another operator has to approve it first/)).toBeVisible();
    const go = () => userEvent.click(screen.getByRole('button', { name: 'Recover the owner' }));
    await fill('The owner’s new address', 'ann@elsewhere.example');
    await fill('What was shown as proof', 'too short');
    await fill('Reason', 'HELP-412');
    await go();
    expect(await screen.findByText('Say what was shown, in 10 characters at least')).toBeVisible();
    expect(screen.getByText('Type: acme')).toBeVisible();
    await fill('What was shown as proof', ': a register\nextract');
    await fill('Confirm', 'acme');
    await go();
    const proof = 'too short: a register extract';
    const asked = { email: 'ann@elsewhere.example', proof, reason: 'HELP-412', confirm: 'acme' };
    await expect.poll(() => said).toEqual([asked]);
  });
});
