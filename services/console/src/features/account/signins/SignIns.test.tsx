import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import type { SignInEntry } from '~/api/model';
import { renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { SignIns } from './SignIns';

const entry = (more: Partial<SignInEntry>): SignInEntry => ({
  id: '01900000-0000-7000-8000-000000000001',
  at: '2026-11-20T10:00:00Z',
  outcome: 'signed_in',
  refused: false,
  method: 'password',
  browser: 'Firefox',
  system: 'Linux',
  address: '203.0.113.x',
  session_id: null,
  current: false,
  ...more,
});

describe('one’s own sign-ins', () => {
  it('says what became of each, and goes on where there is more', async () => {
    const first = [
      entry({ session_id: 's1', current: true }),
      entry({ id: '2', outcome: 'wrong_password', refused: true, browser: null, system: null }),
    ];
    const older = [entry({ id: '3', outcome: 'made_up_later', address: null })];
    api.use(
      http.get('*/api/v1/me/sign-ins', ({ request }) => {
        const cursor = new URL(request.url).searchParams.get('cursor');
        return cursor === 'more'
          ? HttpResponse.json({ items: older, next_cursor: null })
          : HttpResponse.json({ items: first, next_cursor: 'more' });
      }),
    );
    renderPage(<SignIns />);
    const row = (await screen.findByText('Wrong password')).closest('tr');
    expect(within(row as HTMLElement).getByText('Unknown device')).toBeVisible();
    expect(screen.getByText('Firefox on Linux · this session')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Show older' }));
    expect(await screen.findByText('made up later')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Show older' })).toBeNull();
  });

  it('says so where nobody tried', async () => {
    api.use(
      http.get('*/api/v1/me/sign-ins', () => HttpResponse.json({ items: [], next_cursor: null })),
    );
    renderPage(<SignIns />);
    expect(await screen.findByText('Nothing yet')).toBeVisible();
  });
});
