import { HttpResponse, http } from 'msw';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { api as operators } from '~/operator/api/client';
import { api as network } from '~/test/setup';
import { api } from './client';
import { setAsker } from './proof';

const STALE = { code: 'reauthentication_required', detail: 'again' };
const ID = '01900000-0000-7000-8000-000000000001';
const end = () => api.DELETE('/api/v1/auth/sessions/{id}', { params: { path: { id: ID } } });

function setToken(value: string, cookie = 'csrf'): void {
  // biome-ignore lint/suspicious/noDocumentCookie: jsdom has no other way.
  document.cookie = `${cookie}=${value}`;
}

const forget = (cookie?: string) => setToken('; max-age=0', cookie);

let takeBack = () => {};
afterEach(() => {
  takeBack();
  forget();
  forget('operator-csrf');
});

/** Refuses until `proven`, and keeps what was sent. */
function stale() {
  const state = { proven: false, tokens: [] as (string | null)[] };
  network.use(
    http.delete('*/api/v1/auth/sessions/:id', ({ request }) => {
      state.tokens.push(request.headers.get('x-csrf-token'));
      return state.proven
        ? new HttpResponse(null, { status: 204 })
        : HttpResponse.json(STALE, { status: 403 });
    }),
  );
  return state;
}

describe('a request that wants a recent proof', () => {
  it('is sent again after it, with the new token of the page', async () => {
    const state = stale();
    setToken('old');
    takeBack = setAsker(async () => {
      state.proven = true;
      setToken('new');
      return true;
    });
    await end();
    expect(state.tokens).toEqual(['old', 'new']);
  });

  it('stays refused where nobody proves anything', async () => {
    stale();
    takeBack = setAsker(async () => false);
    await expect(end()).rejects.toMatchObject({ code: 'reauthentication_required' });
  });

  it('asks once for several', async () => {
    const state = stale();
    const asker = vi.fn(async () => {
      await new Promise((done) => setTimeout(done));
      state.proven = true;
      return true;
    });
    takeBack = setAsker(asker);
    await Promise.all([end(), end(), end()]);
    expect(asker).toHaveBeenCalledTimes(1);
  });

  it('keeps its body', async () => {
    const bodies: unknown[] = [];
    network.use(
      http.post('*/api/v1/auth/reauthenticate', async ({ request }) => {
        bodies.push(await request.json());
        return bodies.length === 1
          ? HttpResponse.json(STALE, { status: 403 })
          : new HttpResponse(null, { status: 204 });
      }),
    );
    takeBack = setAsker(async () => true);
    await api.POST('/api/v1/auth/reauthenticate', { body: { password: 'x' } });
    expect(bodies).toEqual([{ password: 'x' }, { password: 'x' }]);
  });
});

it('reads carry no token, and say when nobody has touched the page', async () => {
  const sent: (string | null)[][] = [];
  network.use(
    http.get('*/api/v1/auth/sessions', ({ request }) => {
      sent.push(['x-csrf-token', 'x-unattended'].map((name) => request.headers.get(name)));
      return HttpResponse.json({ items: [] });
    }),
  );
  setToken('old');
  dispatchEvent(new Event('keydown'));
  await api.GET('/api/v1/auth/sessions');
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
  await api.GET('/api/v1/auth/sessions');
  vi.restoreAllMocks();
  expect(sent).toEqual([
    [null, null],
    [null, '1'],
  ]);
});

it('each page sends the token of its own cookie, whichever else is on the host', async () => {
  const sent: (string | null)[] = [];
  const note = ({ request }: { request: Request }) => {
    sent.push(request.headers.get('x-csrf-token'));
    return new HttpResponse(null, { status: 204 });
  };
  network.use(
    http.delete('*/api/v1/auth/sessions/:id', note),
    http.delete('*/api/v1/session', note),
  );
  const both = async () => {
    await end();
    await operators.DELETE('/api/v1/session');
  };
  setToken('theirs');
  await both();
  setToken('operators', 'operator-csrf');
  await both();
  // The other one first.
  forget();
  await both();
  setToken('theirs');
  await both();
  expect(sent).toEqual([
    ...['theirs', ''],
    ...['theirs', 'operators'],
    ...['', 'operators'],
    ...['theirs', 'operators'],
  ]);
});
