/** What the gateway wrote into the page about the host that served it. */

export type HostKind = 'root' | 'tenant';

const meta = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';

/** `root` serves landing and registration, `tenant` one organisation's console. */
export function hostKind(): HostKind {
  const kind = meta('signalbox-host');
  if (kind === 'root' || kind === 'tenant') return kind;
  // Vite's own server does not fill the page in: `localhost` is the root host there.
  return location.hostname === 'localhost' ? 'root' : 'tenant';
}

/** The root host's origin, without a trailing slash. */
export function baseUrl(): string {
  const base = meta('signalbox-base');
  if (base.startsWith('http')) return base.replace(/\/+$/, '');
  return `${location.protocol}//${location.host.replace(/^[^.]+\.(?=localhost)/, '')}`;
}

/** `http://localhost:8080` -> `localhost:8080`: what follows the slug in an address. */
export const baseHost = (): string => new URL(baseUrl()).host;
