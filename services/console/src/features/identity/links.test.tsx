import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fill, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { ConfirmEmail } from './ConfirmEmail';
import { NotMe } from './NotMe';
import { ResetPassword } from './ResetPassword';

const { token } = vi.hoisted(() => ({ token: { value: 'secret' } }));
vi.mock('~/ui/useLinkToken', () => ({ useLinkToken: () => token.value }));

const answer = (path: string, status: number, body: object) =>
  api.use(http.post(`*/api/v1/auth/${path}`, () => HttpResponse.json(body, { status })));
const click = async (name: string) => userEvent.click(await screen.findByRole('button', { name }));

beforeEach(() => {
  token.value = 'secret';
  const card = { name: 'Acme', slug: 'acme', url: 'http://acme.localhost', sign_in_by: [] };
  api.use(http.get('*/api/v1/organization', () => HttpResponse.json(card)));
});

describe('a new password', () => {
  const choose = async () => {
    await fill('New password', 'marmalade gantry flute');
    await fill('New password again', 'marmalade gantry flute');
    await click('Change my password');
  };

  it('is chosen once, and says that everybody is signed out', async () => {
    answer('reset-password', 200, { status: 'changed', email: 'wile@acme.example' });
    renderPage(<ResetPassword />);
    await choose();
    expect(await screen.findByText(/signed in as wile@acme.example is signed out/)).toBeVisible();
  });

  it('keeps the form where the API finds it too easy to guess', async () => {
    const errors = [{ pointer: '/password', code: 'common', message: 'Too common.' }];
    answer('reset-password', 400, { code: 'validation_failed', errors });
    renderPage(<ResetPassword />);
    await choose();
    expect(await screen.findByText('Too common.')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Change my password' })).toBeEnabled();
  });

  it('leads to another link where this one is dead', async () => {
    answer('reset-password', 400, { code: 'token_expired' });
    renderPage(<ResetPassword />);
    await choose();
    expect(await screen.findByRole('heading', { name: 'This link has expired' })).toBeVisible();
    expect(screen.getByText('Send me a new link')).toBeVisible();
  });

  it('says that a link without its secret is incomplete', async () => {
    token.value = '';
    renderPage(<ResetPassword />);
    expect(await screen.findByRole('alert')).toHaveTextContent('Its secret part is missing.');
  });
});

it('a change of address says which link is still to be opened', async () => {
  answer('confirm-email', 200, { status: 'waiting_for_new', email: null });
  renderPage(<ConfirmEmail />);
  await click('Confirm');
  expect(await screen.findByText(/the mail to your new address/)).toBeVisible();
});

it('an account is taken back only by a click that says what it does', async () => {
  answer('not-me', 202, { status: 'accepted' });
  renderPage(<NotMe />);
  expect(await screen.findByText('every browser and program is signed out,')).toBeVisible();
  await click('Take my account back');
  expect(await screen.findByText(/Nobody can sign in to your account/)).toBeVisible();
});
