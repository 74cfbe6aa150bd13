import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { BeginSupport } from './BeginSupport';
import { meQuery } from './session';

const CODE = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

/** The codes that were sent; each is answered by `answer`. */
function answering(answer: (time: number) => Response): string[] {
  const sent: string[] = [];
  api.use(
    http.post('*/api/v1/auth/support', async ({ request }) => {
      sent.push(((await request.json()) as { code: string }).code);
      return answer(sent.length);
    }),
  );
  return sent;
}

const refuse = (status: number, code: string) => () =>
  HttpResponse.json({ code, detail: 'No.' }, { status });

const open = (hash: string, over = false) => renderPage(<BeginSupport over={over} />, { hash });

describe('an operator’s link', () => {
  it('is spent once, leaves the address, and forgets who was signed in before', async () => {
    const sent = answering(() => HttpResponse.json({ ends_at: '2026-11-21T10:00:00Z' }));
    const { router, queryClient } = open(`#code=${CODE}`);
    await expect.poll(() => queryClient.getQueryData(meQuery.queryKey)).toBeUndefined();
    expect(sent).toEqual([CODE]);
    expect(router.state.location.href).toBe('/');
  });

  it.each([
    ['support_code_not_found', 404, 'This link no longer works'],
    ['support_not_allowed', 403, 'This workspace does not allow support access'],
  ])('says what is wrong with it: %s', async (code, status, title) => {
    answering(refuse(status, code));
    open(`#code=${CODE}`);
    expect(await screen.findByRole('heading', { name: title })).toBeVisible();
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('is tried again where nobody answered', async () => {
    const sent = answering((time) =>
      time === 1
        ? HttpResponse.json({ code: 'internal' }, { status: 500 })
        : HttpResponse.json({ ends_at: '2026-11-21T10:00:00Z' }),
    );
    const { queryClient } = open(`#code=${CODE}`);
    await userEvent.click(await screen.findByRole('button', { name: 'Try again' }));
    await expect.poll(() => queryClient.getQueryData(meQuery.queryKey)).toBeUndefined();
    expect(sent).toEqual([CODE, CODE]);
  });

  it('asks nobody without its secret part', async () => {
    open('');
    expect(await screen.findByRole('heading', { name: 'This link is incomplete' })).toBeVisible();
  });

  it('tells whoever comes back that the look is over', async () => {
    open('', true);
    expect(await screen.findByRole('heading', { name: 'This look is over' })).toBeVisible();
  });
});
