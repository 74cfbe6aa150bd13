import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveClient, type LiveStatus } from './client';

/** The server's end of a socket, under the test's thumb. */
class FakeSocket extends EventTarget {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket;
  }

  readyState = 0;
  binaryType = 'blob';
  readonly sent: unknown[] = [];

  constructor() {
    super();
    FakeSocket.all.push(this);
  }

  send(text: string) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  accept(hello: object) {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
    this.say({ type: 'hello', ...hello });
  }

  say(message: object) {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }));
  }

  drop(code: number) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason: '' }));
  }
}

const hint = (seq: number) => ({
  epoch: 'a',
  seq,
  room: 'org',
  type: 'endpoint.changed',
  id: 'e1',
});

describe('the live connection', () => {
  const onGap = vi.fn();
  const onSessionOver = vi.fn();
  let client: LiveClient;
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  beforeEach(async () => {
    vi.useFakeTimers();
    vi.stubGlobal('WebSocket', FakeSocket);
    FakeSocket.all = [];
    vi.clearAllMocks();
    client = new LiveClient('ws://acme.localhost/api/v1/live', { onGap, onSessionOver });
    client.join('org');
    client.open();
    await pass(0);
  });
  afterEach(() => {
    client.close();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  const state = (): LiveStatus['state'] => client.snapshot().state;

  it('joins its rooms on opening and doubts what was read before', () => {
    expect(state()).toBe('connecting');
    FakeSocket.last.accept({ epoch: 'a', seq: 7 });
    expect(state()).toBe('live');
    expect(FakeSocket.last.sent).toEqual([{ type: 'join', room: 'org' }]);
    expect(onGap).toHaveBeenCalledOnce();
  });

  it('hands hints on and ignores what it does not know', () => {
    const heard = vi.fn();
    client.onHint(heard);
    FakeSocket.last.accept({ epoch: 'a', seq: 7 });
    FakeSocket.last.say(hint(8));
    FakeSocket.last.say({ type: 'from.a.newer.server', seq: 9 });
    FakeSocket.last.dispatchEvent(new MessageEvent('message', { data: 'not json' }));
    expect(heard.mock.calls).toEqual([[hint(8)]]);
  });

  it('answers pings, which are all a browser can see of a heartbeat', () => {
    FakeSocket.last.accept({ epoch: 'a', seq: 7 });
    FakeSocket.last.say({ type: 'ping' });
    expect(FakeSocket.last.sent).toContainEqual({ type: 'pong' });
  });

  it('comes back after a loss, joins again and resumes where it stopped', async () => {
    FakeSocket.last.accept({ epoch: 'a', seq: 7 });
    FakeSocket.last.say(hint(8));
    FakeSocket.last.drop(1012);
    expect(client.snapshot()).toMatchObject({ state: 'retrying' });
    await pass(1_000);
    expect(FakeSocket.all).toHaveLength(2);
    FakeSocket.last.accept({ epoch: 'a', seq: 12 });
    expect(FakeSocket.last.sent).toEqual([
      { type: 'join', room: 'org' },
      { type: 'resume', epoch: 'a', since: 8 },
    ]);
    expect(onGap).toHaveBeenCalledOnce();
  });

  it('doubts everything when the server cannot replay, and goes on from there', async () => {
    FakeSocket.last.accept({ epoch: 'a', seq: 7 });
    FakeSocket.last.drop(1006);
    await pass(1_000);
    FakeSocket.last.accept({ epoch: 'b', seq: 3 });
    FakeSocket.last.say({ type: 'resync' });
    expect(onGap).toHaveBeenCalledTimes(2);
    FakeSocket.last.drop(1006);
    await pass(2_000);
    FakeSocket.last.accept({ epoch: 'b', seq: 4 });
    expect(FakeSocket.last.sent).toContainEqual({ type: 'resume', epoch: 'b', since: 3 });
  });

  it('remembers since when it has been deaf, over several attempts', async () => {
    FakeSocket.last.accept({ epoch: 'a', seq: 7 });
    const lostAt = Date.now();
    FakeSocket.last.drop(1006);
    await pass(1_000);
    FakeSocket.last.drop(1006);
    await pass(2_000);
    FakeSocket.last.drop(1006);
    expect(client.snapshot()).toMatchObject({ state: 'retrying', since: lostAt });
  });

  it('tries again at once when asked, whatever delay is running', async () => {
    FakeSocket.last.accept({ epoch: 'a', seq: 7 });
    for (let attempt = 0; attempt < 6; attempt += 1) {
      FakeSocket.last.drop(1006);
      await pass(15_000);
    }
    FakeSocket.last.drop(1006);
    const before = FakeSocket.all.length;
    client.retryNow();
    await pass(0);
    expect(FakeSocket.all).toHaveLength(before + 1);
  });

  it('takes silence for a loss', async () => {
    FakeSocket.last.accept({ epoch: 'a', seq: 7 });
    await pass(40_000);
    expect(state()).toBe('live');
    await pass(10_000);
    expect(state()).toBe('retrying');
    expect(FakeSocket.all).toHaveLength(2);
  });

  it('gives up for good when the session is over', async () => {
    FakeSocket.last.accept({ epoch: 'a', seq: 7 });
    FakeSocket.last.drop(4401);
    expect(onSessionOver).toHaveBeenCalledOnce();
    await pass(60_000);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('leaves a room when the last one who wanted it goes', () => {
    FakeSocket.last.accept({ epoch: 'a', seq: 7 });
    const leaveFirst = client.join('endpoint:e1');
    const leaveSecond = client.join('endpoint:e1');
    leaveFirst();
    expect(FakeSocket.last.sent).not.toContainEqual({ type: 'leave', room: 'endpoint:e1' });
    leaveSecond();
    expect(FakeSocket.last.sent.slice(1)).toEqual([
      { type: 'join', room: 'endpoint:e1' },
      { type: 'leave', room: 'endpoint:e1' },
    ]);
  });
});
