import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { owner, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { SecondFactorDue } from './SecondFactorDue';
import { meQuery } from './session';

let codesSince: string | null;
let passkeys: object[];

beforeEach(() => {
  codesSince = null;
  passkeys = [];
  api.use(
    http.get('*/api/v1/me/security', () =>
      HttpResponse.json({
        has_password: true,
        password_changed_at: null,
        codes_since: codesSince,
        recovery_codes_left: 0,
      }),
    ),
    http.get('*/api/v1/me/passkeys', () => HttpResponse.json({ items: passkeys })),
    http.post('*/api/v1/me/totp', () =>
      HttpResponse.json({ secret: 'JBSWY3DPEHPK3PXP', uri: 'otpauth://totp/x?secret=y' }),
    ),
  );
});

function show(due: boolean) {
  const page = (
    <SecondFactorDue>
      <p>The console</p>
    </SecondFactorDue>
  );
  const shown = renderPage(page);
  shown.queryClient.setQueryData(meQuery.queryKey, { ...owner, second_factor_due: due });
  return shown;
}

describe('somebody who owes a second factor', () => {
  it('is nobody who owes none', async () => {
    show(false);
    expect(await screen.findByText('The console')).toBeVisible();
  });

  it('sets one up before they see anything else', async () => {
    show(true);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Set up an authenticator app' }),
    );
    expect(await screen.findByLabelText('Code')).toBeVisible();
    expect(screen.queryByText('The console')).toBeNull();
    expect(screen.getByRole('button', { name: 'Sign out' })).toBeVisible();
  });

  it('is told to sign in with the one they have', async () => {
    codesSince = '2026-11-20T10:00:00Z';
    show(true);
    expect(await screen.findByText('You have one already')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Set up an authenticator app' })).toBeNull();
  });

  it('is told so of a passkey too', async () => {
    passkeys = [{ id: 'p1', name: 'A phone', created_at: '2026-11-20T10:00:00Z' }];
    show(true);
    expect(await screen.findByText(/sign in again with your passkey/)).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Set up an authenticator app' })).toBeNull();
  });
});
