import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProofKind } from '~/api/model';
import { fill, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import ProveAgainForm from './ProveAgainForm';

let sent: unknown[];

const show = (prove_by: ProofKind[]) => {
  const security = {
    has_password: prove_by.includes('password'),
    password_changed_at: null,
    codes_since: null,
    recovery_codes_left: 0,
    prove_by,
  };
  api.use(http.get('*/api/v1/me/security', () => HttpResponse.json(security)));
  const onProven = vi.fn();
  const page = renderPage(<ProveAgainForm onProven={onProven} onCancel={() => {}} />);
  return { ...page, onProven };
};

beforeEach(() => {
  sent = [];
  api.use(
    http.post('*/api/v1/auth/reauthenticate', async ({ request }) => {
      const body = (await request.json()) as { code?: string };
      sent.push(body);
      if (body.code === '000000') {
        const wrong = { code: 'wrong_code', detail: 'This code is wrong.' };
        return HttpResponse.json(wrong, { status: 403 });
      }
      return new HttpResponse(null, { status: 204 });
    }),
  );
});

describe('proving again', () => {
  it('offers what somebody has, one at a time', async () => {
    const { onProven } = show(['password', 'code']);
    await screen.findByLabelText('Your password');
    await userEvent.click(screen.getByRole('button', { name: 'Use a code instead' }));
    await fill('Code', '000000');
    await userEvent.click(screen.getByRole('button', { name: 'Go on' }));
    expect(await screen.findByText('This code is wrong.')).toBeVisible();
    await userEvent.clear(screen.getByLabelText('Code'));
    await fill('Code', ' 123456 ');
    await userEvent.click(screen.getByRole('button', { name: 'Go on' }));
    await expect.poll(() => onProven.mock.calls.length).toBe(1);
    expect(sent).toEqual([{ code: '000000' }, { code: '123456' }]);
    expect(screen.getByRole('button', { name: 'Use your password instead' })).toBeVisible();
  });

  it('does not offer a passkey where the browser has none', async () => {
    show(['passkey', 'password']);
    await screen.findByLabelText('Your password');
    expect(screen.queryByRole('button', { name: /passkey/ })).toBeNull();
  });

  it('says to sign in again where there is nothing to show', async () => {
    api.use(http.post('*/api/v1/auth/logout', () => new HttpResponse(null, { status: 204 })));
    const { router } = show([]);
    await userEvent.click(await screen.findByRole('button', { name: 'Sign out' }));
    await expect.poll(() => router.state.location.pathname).toBe('/login');
  });
});
