/** The live connection of one tab: reconnects, resumes where it stopped, and knows when it is deaf. */
import { WebSocket as ReconnectingSocket } from 'partysocket';
import { type Epoch, type Hint, readMessage } from './messages';

export type LiveStatus =
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'retrying'; since: number; nextAttemptAt: number };

export interface LiveEvents {
  /** Something may have been missed: everything on screen is in doubt. */
  onGap: () => void;
  onSessionOver: () => void;
}

const SESSION_OVER = 4401;
const MIN_DELAY_MS = 500;
const MAX_DELAY_MS = 15_000;
const GROWTH = 1.6;
/** The server pings every 30 s; browsers do not show protocol pings, so silence is all there is to go by. */
const SILENCE_MS = 45_000;
const WATCH_MS = 5_000;

export class LiveClient {
  private socket: ReconnectingSocket | null = null;
  private status: LiveStatus = { state: 'connecting' };
  private position: { epoch: Epoch; seq: number } | null = null;
  private greeting: { epoch: Epoch; seq: number } | null = null;
  private heardAt = Date.now();
  private watch: ReturnType<typeof setInterval> | undefined;
  private readonly rooms = new Map<string, number>();
  private readonly statusListeners = new Set<() => void>();
  private readonly hintListeners = new Set<(hint: Hint) => void>();

  private readonly url: string;
  private readonly events: LiveEvents;

  constructor(url: string, events: LiveEvents) {
    this.url = url;
    this.events = events;
  }

  open(): void {
    this.connect();
    this.watch = setInterval(this.checkSilence, WATCH_MS);
    window.addEventListener('online', this.checkNow);
    document.addEventListener('visibilitychange', this.checkSilence);
  }

  close(): void {
    clearInterval(this.watch);
    window.removeEventListener('online', this.checkNow);
    document.removeEventListener('visibilitychange', this.checkSilence);
    this.drop();
  }

  /** Joins a room for as long as anybody wants it; returns the way out. */
  join(room: string): () => void {
    const members = this.rooms.get(room) ?? 0;
    this.rooms.set(room, members + 1);
    if (members === 0) this.send({ type: 'join', room });
    return () => {
      const left = (this.rooms.get(room) ?? 1) - 1;
      if (left > 0) {
        this.rooms.set(room, left);
        return;
      }
      this.rooms.delete(room);
      this.send({ type: 'leave', room });
    };
  }

  onHint(listener: (hint: Hint) => void): () => void {
    this.hintListeners.add(listener);
    return () => this.hintListeners.delete(listener);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.statusListeners.add(listener);
    return () => this.statusListeners.delete(listener);
  };

  readonly snapshot = (): LiveStatus => this.status;

  /** Starts over at once. A fresh socket, because partysocket's own `reconnect()` waits out a running delay. */
  readonly retryNow = (): void => {
    this.drop();
    this.connect();
  };

  private connect(): void {
    this.heardAt = Date.now();
    const socket = new ReconnectingSocket(this.url, [], {
      minReconnectionDelay: MIN_DELAY_MS,
      maxReconnectionDelay: MAX_DELAY_MS,
      reconnectionDelayGrowFactor: GROWTH,
      connectionTimeout: 6_000,
      minUptime: 3_000,
      // Nothing said while away is worth saying later: rooms are joined anew on every opening.
      maxEnqueuedMessages: 0,
    });
    socket.addEventListener('open', () => this.opened());
    socket.addEventListener('message', (event) => this.received(event.data));
    socket.addEventListener('close', (event) => this.closed(event.code, socket.retryCount));
    this.socket = socket;
  }

  /** Takes the current socket out of service without hearing from it again. */
  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private send(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private opened(): void {
    this.heardAt = Date.now();
    for (const room of this.rooms.keys()) this.send({ type: 'join', room });
    this.setStatus({ state: 'live' });
  }

  private received(data: unknown): void {
    this.heardAt = Date.now();
    const message = readMessage(data);
    if (!message) return;
    if (message.type === 'ping') {
      this.send({ type: 'pong' });
    } else if (message.type === 'hello') {
      this.greeted({ epoch: message.epoch, seq: message.seq });
    } else if (message.type === 'resync') {
      this.position = this.greeting;
      this.events.onGap();
    } else {
      this.position = { epoch: message.epoch, seq: message.seq };
      for (const listener of this.hintListeners) listener(message);
    }
  }

  private greeted(greeting: { epoch: Epoch; seq: number }): void {
    this.greeting = greeting;
    if (this.position) {
      this.send({ type: 'resume', epoch: this.position.epoch, since: this.position.seq });
    } else {
      this.position = greeting;
      // Whatever was read before the first join may already be old.
      this.events.onGap();
    }
  }

  private closed(code: number, retries: number): void {
    if (!this.socket) return;
    if (code === SESSION_OVER) {
      this.close();
      this.events.onSessionOver();
      return;
    }
    const delay = retries > 0 ? Math.min(MIN_DELAY_MS * GROWTH ** (retries - 1), MAX_DELAY_MS) : 0;
    const since = this.status.state === 'retrying' ? this.status.since : Date.now();
    this.setStatus({ state: 'retrying', since, nextAttemptAt: Date.now() + delay });
  }

  private readonly checkSilence = (): void => {
    if (this.status.state !== 'live' || Date.now() - this.heardAt < SILENCE_MS) return;
    this.setStatus({ state: 'retrying', since: this.heardAt, nextAttemptAt: Date.now() });
    this.retryNow();
  };

  private readonly checkNow = (): void => {
    if (this.status.state === 'live') this.checkSilence();
    else this.retryNow();
  };

  private setStatus(status: LiveStatus): void {
    this.status = status;
    for (const listener of this.statusListeners) listener();
  }
}
