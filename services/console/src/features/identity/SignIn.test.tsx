import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { fill, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { SignIn } from './SignIn';

const answer = (status: number, body: object, headers = {}) =>
  api.use(http.post('*/api/v1/auth/session', () => HttpResponse.json(body, { status, headers })));

async function signIn() {
  await fill('E-mail', 'wile@acme.example');
  await fill('Password', 'tangerine plinth oboe');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
}

describe('signing in', () => {
  beforeEach(() => {
    const card = { name: 'Acme', slug: 'acme', url: 'http://acme.localhost', sign_in_by: [] };
    api.use(http.get('*/api/v1/organization', () => HttpResponse.json(card)));
  });

  it('names the organisation and goes on to where one wanted to be', async () => {
    answer(200, { user: {}, expires_at: '2026-11-20T10:00:00Z' });
    const { router } = renderPage(<SignIn next="/endpoints?state=down" verified={false} />);
    expect(await screen.findByRole('heading', { name: 'Sign in to Acme' })).toBeVisible();
    await signIn();
    expect(await screen.findByText('/endpoints')).toBeVisible();
    expect(router.state.location.href).toContain('state=');
  });

  it('offers no Discord where it is not set up', async () => {
    renderPage(<SignIn verified={false} />);
    expect(await screen.findByRole('heading', { name: 'Sign in to Acme' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Sign in with Discord' })).toBeNull();
  });

  it('offers Discord where it is set up', async () => {
    const card = { name: 'Acme', slug: 'acme', url: 'x', sign_in_by: ['discord'] };
    api.use(http.get('*/api/v1/organization', () => HttpResponse.json(card)));
    renderPage(<SignIn verified={false} />);
    expect(await screen.findByRole('button', { name: 'Sign in with Discord' })).toBeVisible();
  });

  it('says one thing about a wrong password and an unknown address', async () => {
    answer(401, { code: 'invalid_credentials', detail: 'no' });
    renderPage(<SignIn verified={false} />);
    await signIn();
    expect(await screen.findByRole('alert')).toHaveTextContent('do not belong together');
  });

  it('counts a wait down, and lets another account in meanwhile', async () => {
    answer(429, { code: 'rate_limited', detail: 'Too many attempts.' }, { 'Retry-After': '900' });
    renderPage(<SignIn verified={false} />);
    await signIn();
    expect(await screen.findByRole('alert')).toHaveTextContent('Too many attempts.');
    expect(screen.getByRole('button', { name: /^Try again in 15 min/ })).toBeDisabled();
    await fill('E-mail', '.example');
    expect(screen.getByRole('button', { name: 'Sign in' })).toBeEnabled();
  });

  it('waits after a wrong password for as long as it was told', async () => {
    answer(401, { code: 'invalid_credentials', detail: 'no' }, { 'Retry-After': '1' });
    renderPage(<SignIn verified={false} />);
    await signIn();
    expect(await screen.findByRole('button', { name: 'Try again in 1 s' })).toBeDisabled();
    expect(
      await screen.findByRole('button', { name: 'Sign in' }, { timeout: 3_000 }),
    ).toBeEnabled();
  });

  it('offers the link again where the address is not verified', async () => {
    answer(403, { code: 'email_unverified', detail: 'verify first' });
    const again = http.post('*/api/v1/auth/resend-verification', () =>
      HttpResponse.json({ status: 'accepted' }, { status: 202 }),
    );
    api.use(again);
    renderPage(<SignIn verified={false} />);
    await signIn();
    await userEvent.click(await screen.findByRole('button', { name: 'Send again' }));
    expect(await screen.findByText(/^Sent, if wile@acme.example/)).toBeVisible();
    expect(screen.getByRole('button', { name: /Send again in \d+ s/ })).toBeDisabled();
  });

  it('asks for a code once the password was right, and sends it along', async () => {
    const sent: unknown[] = [];
    api.use(
      http.post('*/api/v1/auth/session', async ({ request }) => {
        const body = (await request.json()) as { totp_code?: string };
        sent.push(body);
        return body.totp_code
          ? HttpResponse.json({ user: {}, expires_at: '2026-11-20T10:00:00Z' })
          : HttpResponse.json({ code: 'second_factor_required', detail: 'code' }, { status: 401 });
      }),
    );
    const { router } = renderPage(<SignIn next="/endpoints" verified={false} />);
    await signIn();
    expect(await screen.findByText('Your account asks for a code as well.')).toBeVisible();
    await fill('Code', ' 123456 ');
    await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByText('/endpoints')).toBeVisible();
    expect(sent[1]).toEqual({
      email: 'wile@acme.example',
      password: 'tangerine plinth oboe',
      totp_code: '123456',
    });
    expect(router.state.location.pathname).toBe('/endpoints');
  });

  it('says how long to wait after too many attempts', async () => {
    answer(429, { code: 'rate_limited', detail: 'Too many.' }, { 'retry-after': '120' });
    renderPage(<SignIn verified={false} />);
    await signIn();
    expect(await screen.findByRole('alert')).toHaveTextContent(/Try again in 2 min/);
  });
});
