import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiKey, Me } from '~/api/model';
import { fill, owner, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { Keys } from './Keys';

const key = (more: Partial<ApiKey>): ApiKey => ({
  id: '01900000-0000-7000-8000-000000000001',
  name: 'Nightly report',
  scopes: ['endpoints_read'],
  state: 'working',
  per_minute: null,
  created_by: { id: 'u1', email: 'wile@acme.example' },
  created_at: '2026-11-20T10:00:00Z',
  expires_at: '2027-02-18T10:00:00Z',
  last_used_at: null,
  last_address: null,
  ...more,
});

const me: Me = { ...owner, permissions: [...owner.permissions, 'keys_manage'] };

let working: ApiKey[];
let asked: unknown;

beforeEach(() => {
  working = [key({})];
  asked = null;
  api.use(
    http.get('*/api/v1/api-keys', ({ request }) => {
      const { searchParams } = new URL(request.url);
      const ended = searchParams.get('ended') === 'true';
      const items = ended ? [key({ id: '9', name: 'Old', state: 'revoked' })] : working;
      return HttpResponse.json({ items, next_cursor: null });
    }),
    http.post('*/api/v1/api-keys', async ({ request }) => {
      asked = await request.json();
      const made = key({ id: '2', name: 'Import' });
      working = [made, ...working];
      return HttpResponse.json({ key: made, secret: 'sbk_madeonce' }, { status: 201 });
    }),
    http.delete('*/api/v1/api-keys/:id', ({ params }) => {
      working = working.filter(({ id }) => id !== params['id']);
      return new HttpResponse(null, { status: 204 });
    }),
  );
});

describe('the page of API keys', () => {
  it('makes a key and shows its secret once', async () => {
    renderPage(<Keys />, { me });
    await screen.findByText('Nightly report');
    await userEvent.click(screen.getByRole('button', { name: 'Make a key' }));
    await screen.findByRole('dialog', { name: 'Make a key' });
    await fill('Name', 'Import');
    await userEvent.click(screen.getByRole('checkbox', { name: 'Run checks now' }));
    await userEvent.click(screen.getByRole('button', { name: 'Make key' }));
    expect(await screen.findByText('sbk_madeonce')).toBeVisible();
    expect(asked).toEqual({
      name: 'Import',
      scopes: ['endpoints_read', 'checks_run'],
      valid_days: 90,
    });
    await userEvent.click(screen.getByRole('button', { name: 'It is kept' }));
    await expect.poll(() => screen.queryByText('sbk_madeonce')).toBeNull();
    expect(await screen.findByText('Import')).toBeVisible();
  });

  it('revokes a key, and shows those that are over apart', async () => {
    renderPage(<Keys />, { me });
    await userEvent.click(await screen.findByRole('button', { name: 'Revoke Nightly report' }));
    expect(await screen.findByText('No key')).toBeVisible();
    await userEvent.click(screen.getByText('Expired or revoked'));
    expect(await screen.findByText('Old')).toBeVisible();
    expect(screen.queryByRole('button', { name: /^Revoke / })).toBeNull();
  });

  it('says which role it takes', async () => {
    renderPage(<Keys />);
    expect(await screen.findByText('Your role does not allow this')).toBeVisible();
  });
});
