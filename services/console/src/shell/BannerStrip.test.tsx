import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { BannerStrip } from './BannerStrip';

const says = (banner: string | null) =>
  api.use(http.get('*/api/v1/notice', () => HttpResponse.json({ banner, registration: 'open' })));

const page = (
  <>
    <BannerStrip />
    <p>The page</p>
  </>
);

describe('the banner', () => {
  beforeEach(() => localStorage.clear());

  it('shows what is said, as text and not as markup', async () => {
    says('Upgrades on <b>Sunday</b>');
    renderPage(page);
    expect(await screen.findByText('Upgrades on <b>Sunday</b>')).toBeVisible();
  });

  it('stays away once it was put away, and comes back with a new text', async () => {
    says('Upgrades on Sunday');
    const { queryClient } = renderPage(page);
    await screen.findByText('Upgrades on Sunday');
    await userEvent.click(screen.getByRole('button', { name: 'Dismiss this announcement' }));
    expect(screen.queryByText('Upgrades on Sunday')).toBeNull();
    await queryClient.invalidateQueries();
    expect(screen.queryByText('Upgrades on Sunday')).toBeNull();
    says('Upgrades on Monday');
    await queryClient.invalidateQueries();
    expect(await screen.findByText('Upgrades on Monday')).toBeVisible();
  });

  it('takes no room where nothing is said, or nobody answers', async () => {
    says(null);
    renderPage(page);
    expect(await screen.findByText('The page')).toBeVisible();
    expect(screen.queryByRole('status')).toBeNull();
  });
});
