import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { fill, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { OwnData } from './OwnData';

let said: unknown[];
let refusal: string | null;

beforeEach(() => {
  said = [];
  refusal = null;
  api.use(
    http.post('*/api/v1/me/deletion', async ({ request }) => {
      said.push(await request.json());
      return refusal
        ? HttpResponse.json({ code: refusal, detail: 'No.' }, { status: 409 })
        : new HttpResponse(null, { status: 204 });
    }),
    http.get('*/api/v1/me/export', () =>
      HttpResponse.json({ code: 'rate_limited', detail: 'Too many copies.' }, { status: 429 }),
    ),
  );
});

const open = async () => {
  await userEvent.click(await screen.findByRole('button', { name: 'Delete your account' }));
  return screen.findByRole('dialog');
};

describe('the page of own data', () => {
  it('ends the account once the address is typed', async () => {
    const { router } = renderPage(<OwnData />);
    const dialog = await open();
    const go = within(dialog).getByRole('button', { name: 'Delete for good' });
    expect(go).toBeDisabled();
    await fill('Type wile@acme.example to go on', 'Wile@acme.example');
    await userEvent.click(go);
    await expect.poll(() => said).toEqual([{ email: 'Wile@acme.example' }]);
    await expect.poll(() => router.state.location.pathname).toBe('/login');
  });

  it('tells the last owner what to do first', async () => {
    refusal = 'last_owner';
    renderPage(<OwnData />);
    const dialog = await open();
    await fill('Type wile@acme.example to go on', 'wile@acme.example');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Delete for good' }));
    expect(await screen.findByText('You are the last owner of Acme')).toBeVisible();
    expect(within(dialog).getByRole('link', { name: 'Members' })).toBeVisible();
  });

  it('says why there is no copy', async () => {
    renderPage(<OwnData />);
    await userEvent.click(await screen.findByRole('button', { name: 'Download your data' }));
    expect(await screen.findByText('Too many copies.')).toBeVisible();
  });
});
