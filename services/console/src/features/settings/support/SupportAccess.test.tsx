import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SupportLook, SupportSettings } from '~/api/model';
import { owner, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { SupportAccess } from './SupportAccess';

const look: SupportLook = {
  operator: 'Ada',
  reason: 'Checks are late',
  ticket: 'HELP-7',
  began_at: '2026-11-20T10:00:00Z',
  ends_at: '2026-11-20T10:15:00Z',
  ended_at: '2026-11-20T10:04:00Z',
};

let state: SupportSettings;
let asked: string[];

beforeEach(() => {
  state = { allowed: false, until: null, looks: [] };
  asked = [];
  api.use(
    http.get('*/api/v1/settings/support', () => HttpResponse.json(state)),
    http.put('*/api/v1/settings/support', async ({ request }) => {
      const { allow } = (await request.json()) as { allow: string };
      asked.push(allow);
      const until = allow === 'day' || allow === 'week' ? '2026-11-27T10:00:00Z' : null;
      state = { ...state, allowed: allow !== 'off', until };
      return HttpResponse.json(state);
    }),
  );
});

const press = async (name: string) => userEvent.click(await screen.findByRole('button', { name }));

describe('the page of support access', () => {
  it('is off, can be allowed for a time or until it is switched off, and switched off', async () => {
    renderPage(<SupportAccess />);
    expect(await screen.findByText('Off: nobody of the platform can look inside.')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Switch off' })).toBeNull();
    expect(screen.getByText('Nobody has looked')).toBeVisible();
    await press('Allow for 7 days');
    expect(await screen.findByText(/^Allowed until .*27 Nov 2026/)).toBeVisible();
    await press('Allow until switched off');
    expect(await screen.findByText('Allowed until it is switched off.')).toBeVisible();
    await press('Switch off');
    expect(await screen.findByText('Off: nobody of the platform can look inside.')).toBeVisible();
    await press('Allow for 24 hours');
    await screen.findByText(/^Allowed until .*27 Nov 2026/);
    expect(asked).toEqual(['week', 'open', 'off', 'day']);
  });

  it('says who looked, why, and how long; also who looks now', async () => {
    const now = Date.now();
    const still = {
      ...look,
      operator: 'Grace',
      ticket: null,
      began_at: new Date(now).toISOString(),
      ends_at: new Date(now + 900_000).toISOString(),
      ended_at: null,
    };
    state = { allowed: true, until: null, looks: [still, look] };
    renderPage(<SupportAccess />);
    const ada = (await screen.findByText('Ada')).closest('tr') as HTMLElement;
    expect(within(ada).getByText('Checks are late (HELP-7)')).toBeVisible();
    expect(within(ada).getByText('4 min')).toBeVisible();
    const grace = screen.getByText('Grace').closest('tr') as HTMLElement;
    expect(within(grace).getByText('looks now')).toBeVisible();
  });

  it('asks nothing for whoever may not see it, and says who may', async () => {
    api.use(http.get('*/api/v1/settings/support', () => HttpResponse.error()));
    renderPage(<SupportAccess />, { me: { ...owner, permissions: ['endpoints_read'] } });
    expect(await screen.findByText('Your role does not allow this')).toBeVisible();
  });
});
