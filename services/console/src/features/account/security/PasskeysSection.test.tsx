import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Passkey } from '~/api/model';
import { renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { PasskeysSection } from './PasskeysSection';

const phone: Passkey = {
  id: '01900000-0000-7000-8000-000000000001',
  name: 'Phone',
  host: 'acme.localhost',
  works_here: true,
  created_at: '2026-11-20T10:00:00Z',
  last_used_at: null,
};
const old: Passkey = { ...phone, id: '2', name: 'Old', host: 'old.localhost', works_here: false };

let kept: Passkey[];

beforeEach(() => {
  kept = [phone, old];
  api.use(
    http.get('*/api/v1/me/passkeys', () => HttpResponse.json({ items: kept })),
    http.patch('*/api/v1/me/passkeys/:id', async ({ params, request }) => {
      const { name } = (await request.json()) as { name: string };
      kept = kept.map((it) => (it.id === params['id'] ? { ...it, name } : it));
      return HttpResponse.json(kept[0]);
    }),
    http.delete('*/api/v1/me/passkeys/:id', ({ params }) => {
      kept = kept.filter(({ id }) => id !== params['id']);
      return new HttpResponse(null, { status: 204 });
    }),
  );
});

describe('the passkeys of an account', () => {
  it('are listed with where they work, renamed and taken away', async () => {
    renderPage(<PasskeysSection />);
    expect(
      await screen.findByText('Made on old.localhost: it works there and not here.'),
    ).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Rename Phone' }));
    const name = await screen.findByLabelText('Name');
    await userEvent.clear(name);
    await userEvent.click(screen.getByRole('button', { name: 'Rename' }));
    expect(await screen.findByText('Enter a name')).toBeVisible();
    await userEvent.type(name, 'Tablet');
    await userEvent.click(screen.getByRole('button', { name: 'Rename' }));
    expect(await screen.findByText('Tablet')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Remove Old' }));
    await userEvent.click(await screen.findByRole('button', { name: 'Remove' }));
    await expect.poll(() => screen.queryByText('Old')).toBeNull();
    expect(kept.map((it) => it.name)).toEqual(['Tablet']);
  });

  it('are not offered in a browser that has none', async () => {
    renderPage(<PasskeysSection />);
    await screen.findByText('Phone');
    expect(screen.queryByRole('button', { name: 'Add a passkey' })).toBeNull();
  });
});
