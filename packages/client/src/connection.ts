import type { ServerSettings } from "../../../functions/src/wire.ts";
import { backOff, type Backoff } from "./backoff.ts";
import { within, type Clock } from "./clock.ts";
import { isOpen, openWebSocket, type WebSocketConstructor, type WebSocketLike } from "./web-socket.ts";

/** How the WebSocket to the PBX stands. Between two attempts it is still `connecting`. */
export type ConnectionState = "disconnected" | "connecting" | "connected";

/** The WebSocket could not be opened in time; `cause` is the last failure. */
export class NotConnected extends Error {
  override readonly name = "NotConnected";
}

/** What a connection is made of, and whom it tells. */
export interface ConnectionOptions {
  readonly loadServerSettings: () => Promise<ServerSettings | null>;
  readonly WebSocket: WebSocketConstructor;
  readonly clock: Clock;
  readonly onState: (state: ConnectionState) => void;
  readonly onMessage: (data: unknown) => void;
}

/** Within the shortest ringing there is time for a second attempt. */
const attemptMs = 4_000;

const reconnectBackoff: Backoff = { firstMs: 500, maxMs: 30_000 };

/** A server that hangs up sooner counts as one that does not answer. */
const stableAfterMs = 10_000;

/** One way from nothing to an open socket, and that socket. */
interface Attempt {
  socket?: WebSocketLike;
  connectedAt?: number;
}

/** Somebody who needs the socket. */
interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: NotConnected) => void;
}

/** One WebSocket to the PBX, kept open while it is wanted. The settings are loaded anew for each attempt. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #waiters = new Set<Waiter>();
  #state: ConnectionState = "disconnected";
  #failures = 0;
  #lastFailure: unknown;
  /** What a socket or an answer that belongs to another attempt says is out of date. */
  #attempt: Attempt | undefined;
  #stopRetryTimer: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether it has tried to open the socket, and could not yet. */
  get isFailing(): boolean {
    return this.#state === "connecting" && this.#lastFailure !== undefined;
  }

  /** Resolves when the socket is open; rejects with {@link NotConnected} after `withinMs`, and goes on trying. */
  async ensure(withinMs: number): Promise<void> {
    if (this.#state === "connected") {
      if (isOpen(this.#attempt?.socket)) return;
      // The phone slept, and nobody has told it that its socket is gone.
      this.#drop();
    }
    const connected = new Promise<void>((resolve, reject) => this.#waiters.add({ resolve, reject }));
    // Somebody needs it now: no more backing off.
    if (this.#attempt === undefined) void this.#connect();
    await within(this.#options.clock, withinMs, connected, () => {
      return new NotConnected("The PBX could not be reached in time", { cause: this.#lastFailure });
    });
  }

  /** Closes the socket until somebody needs it again. */
  close(): void {
    this.#failures = 0;
    this.#lastFailure = undefined;
    this.#giveUp(new NotConnected("The app has closed the connection"));
  }

  async #connect(): Promise<void> {
    this.#stopRetryTimer?.();
    this.#setState("connecting");
    const attempt: Attempt = {};
    this.#attempt = attempt;
    try {
      const opened = this.#open(attempt);
      await within(this.#options.clock, attemptMs, opened, () => new Error(`No connection within ${attemptMs} ms`));
      if (attempt === this.#attempt) this.#settle(attempt);
    } catch (error) {
      if (attempt === this.#attempt) this.#retryLater(error);
    }
  }

  async #open(attempt: Attempt): Promise<void> {
    const settings = await this.#options.loadServerSettings();
    if (attempt !== this.#attempt) return;
    if (settings === null) {
      // Asking again would not bring any; whoever saves some asks for the connection.
      this.#giveUp(new NotConnected("The user has saved no server settings"));
      return;
    }
    const { socket, opened } = openWebSocket(this.#options.WebSocket, settings);
    attempt.socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (attempt === this.#attempt) this.#options.onMessage(data);
    });
    await opened;
  }

  #settle(attempt: Attempt): void {
    attempt.connectedAt = this.#options.clock.now();
    this.#lastFailure = undefined;
    attempt.socket?.addEventListener("close", () => {
      if (attempt === this.#attempt) this.#retryLater(new Error("The PBX has closed the connection"));
    });
    this.#setState("connected");
    for (const { resolve } of this.#takeWaiters()) resolve();
  }

  #retryLater(failure: unknown): void {
    const { clock } = this.#options;
    const openSince = this.#attempt?.connectedAt ?? Number.POSITIVE_INFINITY;
    this.#failures = clock.now() - openSince >= stableAfterMs ? 1 : this.#failures + 1;
    this.#lastFailure = failure;
    this.#drop();
    this.#setState("connecting");
    const ms = backOff(reconnectBackoff, this.#failures, clock.random());
    this.#stopRetryTimer = clock.startTimer(ms, () => void this.#connect());
  }

  #giveUp(reason: NotConnected): void {
    this.#stopRetryTimer?.();
    this.#drop();
    this.#setState("disconnected");
    for (const { reject } of this.#takeWaiters()) reject(reason);
  }

  #drop(): void {
    const socket = this.#attempt?.socket;
    this.#attempt = undefined;
    socket?.close();
  }

  #takeWaiters(): Waiter[] {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    return waiters;
  }

  #setState(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState(state);
  }
}
