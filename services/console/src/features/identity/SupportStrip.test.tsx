import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import type { Me } from '~/api/model';
import { owner, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { Standing } from './Standing';
import { SupportStrip } from './SupportStrip';

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();

const looking = (endsAt: string, organization: Partial<Me['organization']> = {}): { me: Me } => ({
  me: {
    ...owner,
    organization: { ...owner.organization, ...organization },
    support: {
      operator: 'Ada',
      reason: 'Checks are <b>late</b>',
      ticket: 'HELP-7',
      ends_at: endsAt,
    },
  },
});

const page = (
  <>
    <SupportStrip />
    <p>The page</p>
  </>
);

describe('the strip of support access', () => {
  it('is not there for anybody else', async () => {
    renderPage(page);
    expect(await screen.findByText('The page')).toBeVisible();
    expect(screen.queryByRole('region', { name: 'Support access' })).toBeNull();
  });

  it('says who looks, why, and for how long, as text and not as markup', async () => {
    renderPage(page, looking(inSeconds(840)));
    const strip = await screen.findByRole('region', { name: 'Support access' });
    expect(strip).toHaveTextContent('Ada of support looks at Acme, and changes nothing.');
    expect(strip).toHaveTextContent('Checks are <b>late</b> (HELP-7)');
    expect(strip).toHaveTextContent('14 min left');
  });

  it('ends the look, and goes where that is said', async () => {
    let ended = 0;
    api.use(
      http.post('*/api/v1/auth/logout', () => {
        ended += 1;
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { router } = renderPage(page, looking(inSeconds(840)));
    await userEvent.click(await screen.findByRole('button', { name: 'End the look' }));
    await expect.poll(() => router.state.location.pathname).toBe('/support');
    expect(router.state.location.search).toEqual({ over: '1' });
    expect(ended).toBe(1);
  });

  it('leaves by itself when the time is over', async () => {
    const { router } = renderPage(page, looking(inSeconds(-1)));
    await expect.poll(() => router.state.location.pathname).toBe('/support');
  });

  it('is above a workspace that is suspended, in the place of signing out', async () => {
    renderPage(<Standing>{page}</Standing>, looking(inSeconds(840), { state: 'suspended' }));
    expect(await screen.findByRole('region', { name: 'Support access' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Sign out' })).toBeNull();
    expect(screen.queryByText('wile@acme.example')).toBeNull();
  });
});
