// The server under test, seen from outside the browser: its address, its caught mail, and things to watch.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

export const BASE = new URL(process.env.SIGNALBOX_URL ?? 'http://localhost:8080');

/** `acme` -> `http://acme.localhost:8080`. */
export const tenantUrl = (slug) => `${BASE.protocol}//${slug}.${BASE.host}`;

const MAIL_MS = 15_000;

/** Waits for a mail to `to` that satisfies `wanted`; mail leaves through a queue. */
export async function readMail(to, wanted = () => true) {
  const until = Date.now() + MAIL_MS;
  while (Date.now() < until) {
    const answer = await fetch(new URL('/dev/mail/messages', BASE));
    const { items } = await answer.json();
    const mail = items.find((each) => each.to === to && wanted(each));
    if (mail) return mail;
    await wait(200);
  }
  throw new Error(`no such mail for ${to}`);
}

/** The first link in a mail that leads to `path`. */
export function linkIn(mail, path) {
  const link = mail.text.match(/https?:\/\/\S+/g)?.find((each) => new URL(each).pathname === path);
  if (!link) throw new Error(`no link to ${path} in: ${mail.text}`);
  return link;
}

/** A local http target that answers with one status. */
export async function startTarget(status) {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'text/plain' });
    response.end(`status ${status}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/health`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
