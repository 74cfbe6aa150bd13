import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import type { OwnershipOffer } from '~/api/model';
import { OfferStrip } from '~/features/identity/OfferStrip';
import { owner, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { OpenOffer } from './OpenOffer';
import { TakeOwnership } from './TakeOwnership';

const offer: OwnershipOffer = {
  from: { id: '1', email: 'wile@acme.example', name: 'Wile' },
  to: { id: '2', email: 'ann@acme.example', name: null },
  created_at: '2026-11-20T10:00:00Z',
  expires_at: '2999-11-27T10:00:00Z',
  mine: true,
};

let open: OwnershipOffer | null;
let said: unknown[];

beforeEach(() => {
  open = offer;
  said = [];
  api.use(
    http.get('*/api/v1/ownership-transfer', () => HttpResponse.json({ offer: open })),
    http.get('*/api/v1/me', () => HttpResponse.json(owner)),
    http.delete('*/api/v1/ownership-transfer', () => {
      said.push('ended');
      open = null;
      return new HttpResponse(null, { status: 204 });
    }),
    http.post('*/api/v1/ownership-transfer/accept', async ({ request }) => {
      said.push(await request.json());
      return new HttpResponse(null, { status: 204 });
    }),
  );
});

describe('the answer to an offer of ownership', () => {
  it('is yes, from within the console', async () => {
    renderPage(<TakeOwnership />);
    await userEvent.click(await screen.findByRole('button', { name: 'Become the owner' }));
    await expect.poll(() => said).toEqual([{}]);
  });

  it('carries the token of a link', async () => {
    renderPage(<TakeOwnership />, { hash: '#token=secret' });
    await userEvent.click(await screen.findByRole('button', { name: 'Become the owner' }));
    await expect.poll(() => said).toEqual([{ token: 'secret' }]);
  });

  it('is no', async () => {
    renderPage(<TakeOwnership />);
    await userEvent.click(await screen.findByRole('button', { name: 'Decline' }));
    await expect.poll(() => said).toEqual(['ended']);
  });

  it('is for whom the offer is made to', async () => {
    open = { ...offer, mine: false };
    renderPage(<TakeOwnership />);
    expect(await screen.findByText('There is no offer for you')).toBeVisible();
  });
});

describe('an open offer', () => {
  it('is taken back by an owner', async () => {
    renderPage(<OpenOffer />);
    await userEvent.click(await screen.findByRole('button', { name: 'Take the offer back' }));
    await expect.poll(() => said).toEqual(['ended']);
    await expect.poll(() => screen.queryByText('Offer of ownership')).toBeNull();
  });

  it('is told above every page to whom it is made', async () => {
    renderPage(<OfferStrip />, { me: { ...owner, ownership_offered: true } });
    expect(await screen.findByRole('link', { name: 'Look at the offer' })).toBeVisible();
  });
});
