import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fill, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { DiscordReturn } from './DiscordReturn';
import { beginDiscord } from './discord';

/** What was sent, in order. */
let sent: { path: string; body: unknown }[];
/** What the exchange asks for. */
let wants: string | null;

beforeEach(() => {
  sent = [];
  wants = null;
  api.use(
    http.post('*/api/v1/auth/discord/exchange', async ({ request }) => {
      const body = (await request.json()) as { totp_code?: string };
      sent.push({ path: 'exchange', body });
      if (wants && !body.totp_code) return HttpResponse.json({ code: wants }, { status: 401 });
      return HttpResponse.json({});
    }),
    http.post('*/api/v1/me/identities', async ({ request }) => {
      sent.push({ path: 'link', body: await request.json() });
      return HttpResponse.json({}, { status: 201 });
    }),
  );
});

afterEach(() => {
  sessionStorage.clear();
  history.replaceState(null, '', '/');
});

function comeBack(fragment: string) {
  history.replaceState(null, '', `/discord#${fragment}`);
  return renderPage(<DiscordReturn />);
}

describe('the way back from Discord', () => {
  it('spends the code with what this tab kept', async () => {
    const started = new URL(beginDiscord('sign_in', '/endpoints'));
    const page = started.searchParams.get('page') ?? '';
    expect(page).toMatch(/^[\w-]{43}$/);
    comeBack('code=c0de&next=%2Fendpoints');
    await expect.poll(() => sent).toEqual([{ path: 'exchange', body: { code: 'c0de', page } }]);
  });

  it('asks for a code of an account that has codes', async () => {
    wants = 'second_factor_required';
    beginDiscord('sign_in');
    comeBack('code=c0de');
    await fill('Code', '287082');
    await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
    await expect.poll(() => sent.length).toBe(2);
    expect(sent[1]?.body).toMatchObject({ code: 'c0de', totp_code: '287082' });
  });

  it('links where that was begun', async () => {
    beginDiscord('link');
    comeBack('code=c0de');
    await expect.poll(() => sent.map(({ path }) => path)).toEqual(['link']);
  });

  it('spends nothing that another window began', async () => {
    comeBack('code=c0de');
    expect(await screen.findByText(/began in another window/)).toBeVisible();
    expect(sent).toEqual([]);
  });

  it('says why there is no code', async () => {
    beginDiscord('sign_in');
    comeBack('error=email_unverified');
    expect(await screen.findByText(/is not proven/)).toBeVisible();
  });
});
