import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import type { OpenSession } from '~/api/model';
import { ProveAgain } from '~/features/identity/ProveAgain';
import { fill, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { Sessions } from './Sessions';

const session = (more: Partial<OpenSession>): OpenSession => ({
  id: '01900000-0000-7000-8000-000000000001',
  kind: 'browser',
  method: 'password',
  browser: 'Firefox',
  system: 'Linux',
  address: '203.0.113.x',
  created_at: '2026-11-20T10:00:00Z',
  last_seen_at: '2026-11-20T10:00:00Z',
  expires_at: '2026-12-04T10:00:00Z',
  current: false,
  ...more,
});

const here = session({ current: true });
const there = session({ id: '2', browser: 'curl', system: null, kind: 'program' });

/** The sessions that are left, and whether a proof is recent. */
let state: { items: OpenSession[]; recent: boolean };

beforeEach(() => {
  state = { items: [here, there], recent: true };
  const stale = () => HttpResponse.json({ code: 'reauthentication_required' }, { status: 403 });
  api.use(
    http.get('*/api/v1/me/security', () =>
      HttpResponse.json({
        has_password: true,
        password_changed_at: null,
        codes_since: null,
        recovery_codes_left: 0,
        prove_by: ['password'],
      }),
    ),
    http.get('*/api/v1/auth/sessions', () => HttpResponse.json({ items: state.items })),
    http.delete('*/api/v1/auth/sessions/:id', ({ params }) => {
      if (!state.recent) return stale();
      state.items = state.items.filter(({ id }) => id !== params['id']);
      return new HttpResponse(null, { status: 204 });
    }),
    http.delete('*/api/v1/auth/sessions', ({ request }) => {
      if (!state.recent) return stale();
      expect(new URL(request.url).search).toBe('?except=current');
      state.items = [here];
      return HttpResponse.json({ ended: 1 });
    }),
    http.post('*/api/v1/auth/reauthenticate', async ({ request }) => {
      const { password } = (await request.json()) as { password: string };
      if (password !== 'tangerine plinth oboe') {
        const body = { code: 'wrong_password', detail: 'This is not your password.' };
        return HttpResponse.json(body, { status: 403 });
      }
      state.recent = true;
      return new HttpResponse(null, { status: 204 });
    }),
  );
});

const show = () =>
  renderPage(
    <>
      <Sessions />
      <ProveAgain />
    </>,
  );

describe('the sessions page', () => {
  it('says which one this is, and ends another', async () => {
    show();
    const row = (await screen.findByText('Firefox on Linux')).closest('tr');
    expect(within(row as HTMLElement).getByText('This one')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'End curl' }));
    await expect.poll(() => state.items).toEqual([here]);
    await expect.poll(() => screen.queryByText('curl')).toBeNull();
    expect(screen.queryByRole('button', { name: 'End all others' })).toBeNull();
  });

  it('leaves for the sign-in page when this one was ended', async () => {
    const { router } = show();
    await userEvent.click(
      await screen.findByRole('button', { name: 'End Firefox on Linux, this one' }),
    );
    await expect.poll(() => router.state.location.pathname).toBe('/login');
  });

  it('asks for the password where the proof is old, and goes on by itself', async () => {
    state.recent = false;
    show();
    await userEvent.click(await screen.findByRole('button', { name: 'End all others' }));
    expect(await screen.findByRole('dialog', { name: 'Is it still you?' })).toBeVisible();
    await fill('Your password', 'not it');
    await userEvent.click(screen.getByRole('button', { name: 'Go on' }));
    expect(await screen.findByText('This is not your password.')).toBeVisible();
    await userEvent.clear(screen.getByLabelText('Your password'));
    await fill('Your password', 'tangerine plinth oboe');
    await userEvent.click(screen.getByRole('button', { name: 'Go on' }));
    await expect.poll(() => state.items).toEqual([here]);
    await expect.poll(() => screen.queryByRole('dialog')).toBeNull();
  });

  it('ends nothing when the proof is not given', async () => {
    state.recent = false;
    show();
    await userEvent.click(await screen.findByRole('button', { name: 'End all others' }));
    await userEvent.click(await screen.findByRole('button', { name: 'Cancel' }));
    await expect.poll(() => screen.queryByRole('dialog')).toBeNull();
    expect(state.items).toHaveLength(2);
    expect(screen.queryByText(/reauthenticate/)).toBeNull();
  });
});
