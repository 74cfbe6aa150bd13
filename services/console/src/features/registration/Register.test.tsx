import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { leaveFor } from '~/app/leave';
import { fill, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { Register } from './Register';

vi.mock('~/app/leave', () => ({ leaveFor: vi.fn() }));

const PASSWORD = 'tangerine plinth oboe';
const free = { slug: 'acme', available: true, reason: null, suggestion: null, url: null };
const taken = { ...free, available: false, reason: 'taken', suggestion: 'acme-2' };

const refuse = (status: number, code: string, more: object = {}, headers = {}) =>
  api.use(
    http.post('*/api/v1/auth/register', () =>
      HttpResponse.json({ code, detail: `refused: ${code}`, ...more }, { status, headers }),
    ),
  );

async function fillIn({ confirm = PASSWORD } = {}) {
  await fill('Organisation', 'Acme');
  await fill('Your e-mail', 'wile@acme.example');
  await fill('Password', PASSWORD);
  await fill('Password again', confirm);
}

const submit = () => userEvent.click(screen.getByRole('button', { name: 'Create workspace' }));

describe('registering', () => {
  beforeEach(() => {
    api.use(http.get('*/api/v1/auth/slug', () => HttpResponse.json(free)));
    renderPage(<Register />);
  });

  it('shows the address the name leads to', async () => {
    await fill('Organisation', 'Acme');
    expect(await screen.findByText('Free. Your team signs in here.')).toBeVisible();
    expect(screen.getByText(/^acme\.localhost/)).toBeVisible();
  });

  it('says which number a taken name gets', async () => {
    api.use(http.get('*/api/v1/auth/slug', () => HttpResponse.json(taken)));
    await fill('Organisation', 'Acme');
    expect(await screen.findByText(/^acme-2\.localhost/)).toBeVisible();
  });

  it('does not ask the API about passwords that differ', async () => {
    await fillIn({ confirm: 'something else' });
    await submit();
    expect(await screen.findByText('The two passwords differ')).toBeVisible();
  });

  it('sends what was typed, under a key of its own, and goes where the API says', async () => {
    const sent = vi.fn();
    api.use(
      http.post('*/api/v1/auth/register', async ({ request }) => {
        sent(await request.json(), request.headers.get('idempotency-key'));
        const organization = { id: 't1', name: 'Acme', slug: 'acme', url: 'http://acme.localhost' };
        const answer = { organization, email: 'wile@acme.example', status: 'verification_sent' };
        return HttpResponse.json(answer, { status: 201 });
      }),
    );
    await fillIn();
    await submit();
    const url = 'http://acme.localhost/check-inbox?email=wile%40acme.example';
    await vi.waitFor(() => expect(leaveFor).toHaveBeenCalledWith(url));
    expect(sent).toHaveBeenCalledExactlyOnceWith(
      {
        organization_name: 'Acme',
        email: 'wile@acme.example',
        password: PASSWORD,
        password_confirm: PASSWORD,
      },
      expect.stringMatching(/^[0-9a-f]{32}$/),
    );
  });

  it('shows the API’s words at the field they are about', async () => {
    const errors = [{ pointer: '/password', code: 'common', message: 'This is on a list.' }];
    refuse(400, 'validation_failed', { errors });
    await fillIn();
    await submit();
    expect(await screen.findByText('This is on a list.')).toBeVisible();
    expect(screen.getByLabelText('Password')).toBeInvalid();
  });

  it('opens the address where a chosen one was taken meanwhile', async () => {
    refuse(409, 'slug_taken');
    await fillIn();
    await submit();
    expect(await screen.findByLabelText('Address')).toBeInvalid();
    expect(screen.getByText('refused: slug_taken')).toBeVisible();
  });

  it('puts a reserved name at the organisation', async () => {
    refuse(400, 'reserved_name');
    await fillIn();
    await submit();
    expect(await screen.findByText('refused: reserved_name')).toBeVisible();
    expect(screen.getByLabelText('Organisation')).toBeInvalid();
  });

  it('says how long to wait when there were too many', async () => {
    refuse(429, 'rate_limited', {}, { 'retry-after': '42' });
    await fillIn();
    await submit();
    expect(await screen.findByText(/Try again in 4[12] s\./)).toBeVisible();
  });
});
