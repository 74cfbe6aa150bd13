/** Passkeys, as browsers make and show them. Loaded where somebody uses one. */
import { api } from '~/api/client';

/** What the server asks of a browser that is to show a passkey; the same for signing in and for proving again. */
export async function showPasskey(more: Pick<CredentialRequestOptions, 'mediation' | 'signal'>) {
  const { data } = await api.POST('/api/v1/auth/passkeys/options');
  if (!data) throw new Error('nothing was asked');
  const { handle, public_key } = data;
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    public_key as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  const shown = await navigator.credentials.get({ publicKey, ...more });
  return { handle, credential: jsonOf(shown) };
}

/** Has the browser make a passkey for this account on this host. */
export async function makePasskey() {
  const { data } = await api.POST('/api/v1/me/passkeys/options');
  if (!data) throw new Error('nothing was asked');
  const { handle, public_key } = data;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    public_key as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  const made = await navigator.credentials.create({ publicKey });
  return { handle, credential: jsonOf(made) };
}

function jsonOf(credential: Credential | null): Record<string, never> {
  if (!(credential instanceof PublicKeyCredential)) throw new Error('that is no passkey');
  return credential.toJSON() as unknown as Record<string, never>;
}

const named = (error: unknown, name: string): boolean =>
  error instanceof DOMException && error.name === name;

/** They closed the browser's own dialog, or it waited in vain: nothing failed. */
export const thoughtBetter = (error: unknown): boolean =>
  named(error, 'NotAllowedError') || named(error, 'AbortError');

/** The device has a passkey of this account already. */
export const hasOneAlready = (error: unknown): boolean => named(error, 'InvalidStateError');

/** A challenge is good for five minutes: a new one in time. */
const ROUND_MS = 4.5 * 60_000;

/** Lets the browser offer passkeys where the address is typed, until `signal`; `null` once there is no use in it. */
export async function offerPasskeys(signal: AbortSignal) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return null;
  while (!signal.aborted) {
    const round = AbortSignal.any([signal, AbortSignal.timeout(ROUND_MS)]);
    try {
      return await showPasskey({ mediation: 'conditional', signal: round });
    } catch {
      if (!round.aborted) return null;
    }
  }
  return null;
}
