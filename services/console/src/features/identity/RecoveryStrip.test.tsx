import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Me } from '~/api/model';
import { fill, owner, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { RecoverOwnership } from './RecoverOwnership';
import { RecoveryStrip } from './RecoveryStrip';

const { token } = vi.hoisted(() => ({ token: { value: 'secret' } }));
vi.mock('~/ui/useLinkToken', () => ({ useLinkToken: () => token.value }));

const waiting = {
  state: 'waiting',
  email: 'a•••@elsewhere.example',
  created_at: '2026-11-20T10:00:00Z',
  due_at: '2999-11-23T10:00:00Z',
};

let recovery: typeof waiting | null;
let said: unknown[];

beforeEach(() => {
  recovery = waiting;
  said = [];
  const card = { name: 'Acme', slug: 'acme', url: 'http://acme.localhost', sign_in_by: [] };
  api.use(
    http.get('*/api/v1/organization', () => HttpResponse.json(card)),
    http.get('*/api/v1/me', () => HttpResponse.json({ ...owner, recovery_under_way: !!recovery })),
    http.get('*/api/v1/ownership/recovery', () => HttpResponse.json({ recovery })),
    http.delete('*/api/v1/ownership/recovery', () => {
      said.push('stopped');
      recovery = null;
      return new HttpResponse(null, { status: 204 });
    }),
    http.post('*/api/v1/auth/recovery', async ({ request }) => {
      said.push(await request.json());
      return HttpResponse.json({ status: 'changed', email: 'ann@elsewhere.example' });
    }),
  );
});

const show = (more: Partial<Me> = {}) =>
  renderPage(<RecoveryStrip />, { me: { ...owner, recovery_under_way: true, ...more } });

describe('above every page, while the owner is to get another way in', () => {
  it('says when and to whom, and the owner stops it', async () => {
    show();
    expect(await screen.findByText('a•••@elsewhere.example')).toBeVisible();
    expect(screen.getByText(/they send a link/)).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Stop it' }));
    await expect.poll(() => said).toEqual(['stopped']);
    await expect.poll(() => screen.queryByText('a•••@elsewhere.example')).toBeNull();
  });

  it('says that the link is on its way', async () => {
    recovery = { ...waiting, state: 'sent' };
    show();
    expect(await screen.findByText(/A link to a new password went to/)).toBeVisible();
  });

  it('leaves the stopping to the owner', async () => {
    show({ user: { ...owner.user, role: 'admin' } });
    expect(await screen.findByText(/Tell the owner/)).toBeVisible();
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('is silent where there is nothing to tell', () => {
    show({ recovery_under_way: false });
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

describe('the link of a recovery', () => {
  const choose = async () => {
    await fill('New password', 'marmalade gantry flute');
    await fill('New password again', 'marmalade gantry flute');
    await userEvent.click(await screen.findByRole('button', { name: 'Take my account back' }));
  };

  it('takes a password, and says by which address to sign in', async () => {
    renderPage(<RecoverOwnership />);
    await choose();
    expect(await screen.findByText(/Sign in as ann@elsewhere.example/)).toBeVisible();
    expect(said).toEqual([{ token: 'secret', password: 'marmalade gantry flute' }]);
  });

  it('says who is to be asked where it is dead', async () => {
    api.use(
      http.post('*/api/v1/auth/recovery', () =>
        HttpResponse.json({ code: 'token_not_found' }, { status: 404 }),
      ),
    );
    renderPage(<RecoverOwnership />);
    await choose();
    expect(await screen.findByRole('heading', { name: 'This link no longer works' })).toBeVisible();
    expect(screen.getByText('Operators can be asked for another one.')).toBeVisible();
  });
});
