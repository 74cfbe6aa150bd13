/** The one way out: what every request carries, and the second try after a proof of who somebody is. */
import { proveAgain } from './proof';

const UNATTENDED_AFTER_MS = 60_000;

let touchedAt = Date.now();
for (const kind of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart']) {
  addEventListener(kind, () => (touchedAt = Date.now()), { passive: true, capture: true });
}

/** The cookies of pages' tokens. Cookies ignore ports: in development both may be on this host. */
export type TokenCookie = 'csrf' | 'operator-csrf';

/** Set beside the session's cookie; readable here and by no page of another host. */
function pageToken(cookie: TokenCookie): string {
  const found = new RegExp(`(?:^|; )(?:__Host-)?${cookie}=([^;]*)`).exec(document.cookie);
  return found?.[1] ?? '';
}

function dressed(request: Request, cookie: TokenCookie): Request {
  if (request.method !== 'GET') request.headers.set('X-CSRF-Token', pageToken(cookie));
  // What a page asks on its own does not keep somebody signed in who has gone.
  if (Date.now() - touchedAt > UNATTENDED_AFTER_MS) request.headers.set('X-Unattended', '1');
  return request;
}

const codeOf = async (response: Response): Promise<unknown> =>
  (
    (await response
      .clone()
      .json()
      .catch(() => ({}))) as { code?: unknown }
  ).code;

export async function send(request: Request, cookie: TokenCookie = 'csrf'): Promise<Response> {
  const again = request.clone();
  // Looked up on every call, so that tests can stand in for the network.
  const response = await globalThis.fetch(dressed(request, cookie));
  if (response.status !== 403 || (await codeOf(response)) !== 'reauthentication_required') {
    return response;
  }
  return (await proveAgain()) ? globalThis.fetch(dressed(again, cookie)) : response;
}
