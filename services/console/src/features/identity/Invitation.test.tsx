import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { fill, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { Invitation } from './Invitation';

const PASSWORD = 'marmalade gantry flute 4';

let state: { member: boolean; code: string | null; joined: unknown };

beforeEach(() => {
  state = { member: false, code: null, joined: null };
  api.use(
    http.post('*/api/v1/auth/invitation', () =>
      state.code
        ? HttpResponse.json({ code: state.code, detail: 'No.' }, { status: 404 })
        : HttpResponse.json({
            organization: 'Acme',
            email: 'ann@elsewhere.example',
            role: 'manager',
            invited_by: 'wile@acme.example',
            expires_at: '2999-01-01T00:00:00Z',
            member: state.member,
          }),
    ),
    http.post('*/api/v1/auth/accept-invitation', async ({ request }) => {
      state.joined = await request.json();
      return HttpResponse.json({ status: 'joined', email: 'ann@elsewhere.example' });
    }),
  );
});

async function open(hash = '#token=abc') {
  const page = renderPage(<Invitation />);
  await page.router.navigate({ to: '/', hash: hash.slice(1) } as never);
  return page;
}

describe('the page of an invitation', () => {
  it('takes a name and a password, and leads to the sign-in', async () => {
    const { router } = await open();
    expect(await screen.findByRole('heading', { name: 'Join Acme' })).toBeVisible();
    expect(router.state.location.hash).toBe('');
    await userEvent.click(screen.getByRole('button', { name: 'Join Acme' }));
    expect(await screen.findByText('Enter your name')).toBeVisible();
    await fill('Your name', 'Ann');
    await fill('Password', PASSWORD);
    await userEvent.click(screen.getByRole('button', { name: 'Join Acme' }));
    await expect.poll(() => router.state.location.pathname).toBe('/login');
    expect(state.joined).toEqual({ token: 'abc', name: 'Ann', password: PASSWORD });
  });

  it('sends whoever belongs already to the sign-in', async () => {
    state.member = true;
    await open();
    expect(
      await screen.findByRole('heading', { name: 'You belong to Acme already' }),
    ).toBeVisible();
    expect(screen.getByRole('link', { name: 'Sign in' })).toBeVisible();
  });

  it.each([
    ['token_expired', 'This link has expired'],
    ['token_not_found', 'This link no longer works'],
  ])('says what is wrong with the link: %s', async (code, title) => {
    state.code = code;
    await open();
    expect(await screen.findByRole('heading', { name: title })).toBeVisible();
  });

  it('says when the secret part is missing', async () => {
    await open('#');
    expect(await screen.findByRole('heading', { name: 'This link is incomplete' })).toBeVisible();
  });
});
