import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { expect, it } from 'vitest';
import type { Me } from '~/api/model';
import { owner, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { ReadOnlyStrip, Standing } from './Standing';

const page = (
  <Standing>
    <ReadOnlyStrip />
    <p>The console</p>
  </Standing>
);

const inState = (organization: Partial<Me['organization']>): { me: Me } => ({
  me: { ...owner, organization: { ...owner.organization, ...organization } },
});

it('an active workspace is left alone', async () => {
  renderPage(page);
  expect(await screen.findByText('The console')).toBeVisible();
  expect(screen.queryByRole('alert')).toBeNull();
});

it('a suspended workspace says so, why, and lets people leave', async () => {
  let left = false;
  api.use(
    http.post('*/api/v1/auth/logout', () => {
      left = true;
      return new HttpResponse(null, { status: 204 });
    }),
  );
  renderPage(page, inState({ state: 'suspended', state_reason: 'An <b>unpaid</b> bill' }));
  expect(await screen.findByRole('heading', { name: 'Acme is suspended' })).toBeVisible();
  expect(screen.getByText('An <b>unpaid</b> bill')).toBeVisible();
  expect(screen.queryByText('The console')).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Sign out' }));
  expect(left).toBe(true);
});

it('a workspace that is being deleted says until when that can be undone', async () => {
  renderPage(page, inState({ state: 'deleting', purge_at: '2026-12-21T12:00:00Z' }));
  expect(await screen.findByRole('heading', { name: 'Acme is being deleted' })).toBeVisible();
  expect(screen.getByText(/21 Dec 2026/)).toBeVisible();
});

it('a workspace that can only be read says so above its pages', async () => {
  renderPage(page, inState({ state: 'read_only', state_reason: 'We are moving you.' }));
  expect(await screen.findByText('The console')).toBeVisible();
  expect(screen.getByRole('alert')).toHaveTextContent('We are moving you.');
});
