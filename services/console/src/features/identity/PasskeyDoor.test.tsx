import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { renderPage } from '~/test/render';
import { api } from '~/test/setup';
import PasskeyDoor from './PasskeyDoor';

/** What a browser brings, as far as the page looks at it. */
class Shown {
  static offers = false;
  static parseRequestOptionsFromJSON = (options: object) => options;
  static isConditionalMediationAvailable = () => Promise.resolve(Shown.offers);
  toJSON() {
    return { id: 'AAAA' };
  }
}

/** What the browser's own dialog answers, in order; the last one again and again. */
let answers: Array<() => Promise<unknown>>;
let asked: CredentialRequestOptions[];
let sent: unknown[];
let refusal: Response | null;

const never = (options: CredentialRequestOptions) =>
  new Promise((_, reject) => {
    options.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
  });

beforeEach(() => {
  Shown.offers = false;
  [answers, asked, sent, refusal] = [[], [], [], null];
  vi.stubGlobal('PublicKeyCredential', Shown);
  Object.defineProperty(navigator, 'credentials', {
    configurable: true,
    value: {
      get: (options: CredentialRequestOptions) => {
        asked.push(options);
        return options.mediation === 'conditional' ? never(options) : answers.shift()?.();
      },
    },
  });
  api.use(
    http.post('*/api/v1/auth/passkeys/options', () =>
      HttpResponse.json({ handle: 'handle', public_key: { rpId: 'acme.localhost' } }),
    ),
    http.post('*/api/v1/auth/passkeys/session', async ({ request }) => {
      sent.push(await request.json());
      return refusal ?? HttpResponse.json({ user: {}, expires_at: '2026-11-20T10:00:00Z' });
    }),
  );
});
afterEach(() => vi.unstubAllGlobals());

const press = async () =>
  userEvent.click(await screen.findByRole('button', { name: 'Sign in with a passkey' }));

describe('signing in by a passkey', () => {
  it('sends what the browser showed, and goes on to where one wanted to be', async () => {
    answers = [() => Promise.resolve(new Shown())];
    const { router } = renderPage(<PasskeyDoor next="/endpoints" />);
    await press();
    await expect.poll(() => router.state.location.pathname).toBe('/endpoints');
    expect(sent).toEqual([{ handle: 'handle', credential: { id: 'AAAA' } }]);
    expect(asked[0]?.publicKey).toEqual({ rpId: 'acme.localhost' });
  });

  it('says nothing where somebody closed the dialog, and what the server said where it refused', async () => {
    answers = [
      () => Promise.reject(new DOMException('', 'NotAllowedError')),
      () => Promise.resolve(new Shown()),
    ];
    refusal = HttpResponse.json(
      { code: 'invalid_passkey', detail: 'This passkey does not sign you in here.' },
      { status: 401 },
    );
    renderPage(<PasskeyDoor />);
    await press();
    expect(sent).toEqual([]);
    expect(screen.queryByRole('alert')).toBeNull();
    await press();
    expect(await screen.findByRole('alert')).toHaveTextContent('does not sign you in here');
  });

  it('ends what it offers beside the address before it asks, and offers it again', async () => {
    Shown.offers = true;
    answers = [() => Promise.reject(new DOMException('', 'NotAllowedError'))];
    renderPage(<PasskeyDoor />);
    await expect.poll(() => asked.length).toBe(1);
    expect(asked[0]?.mediation).toBe('conditional');
    await press();
    await expect.poll(() => asked.length).toBe(3);
    expect(asked[0]?.signal?.aborted).toBe(true);
    expect(asked[1]?.mediation).toBeUndefined();
    expect(asked[2]?.mediation).toBe('conditional');
    expect(asked[2]?.signal?.aborted).toBe(false);
  });
});
