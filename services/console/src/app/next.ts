/** Where to go after signing in. Only paths of this host: anything else would be an open redirect. */

export function safeNext(next: string | undefined): string {
  if (!next?.startsWith('/')) return '/';
  // The URL parser decides, as it would for the browser: `//host`, `/\host` and tabs included.
  if (!URL.canParse(next, location.origin)) return '/';
  const url = new URL(next, location.origin);
  const elsewhere = url.origin !== location.origin || url.pathname === '/login';
  return elsewhere ? '/' : url.pathname + url.search + url.hash;
}
