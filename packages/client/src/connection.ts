import type { PhoneFailure, ServerSettings } from "../../../functions/src/wire.ts";
import { backOff, type Backoff } from "./backoff.ts";
import { within, type Clock } from "./clock.ts";
import { isOpen, openWebSocket, type WebSocketConstructor, type WebSocketLike } from "./web-socket.ts";

/** The state of the WebSocket to the PBX. Between two attempts it is still `connecting`. */
export type ConnectionState = "disconnected" | "connecting" | "connected";

/** The WebSocket could not be opened in time; `cause` is the last failure. */
export class NotConnected extends Error {
  override readonly name = "NotConnected";
}

/** Options and callbacks of a connection. */
export interface ConnectionOptions {
  readonly loadServerSettings: () => Promise<ServerSettings | null>;
  readonly WebSocket: WebSocketConstructor;
  readonly clock: Clock;
  readonly onState: (state: ConnectionState) => void;
  readonly onMessage: (data: unknown) => void;
}

/** Timeout of an attempt: the shortest ring time has room for a second one. */
const attemptMs = 4_000;

const reconnectBackoff: Backoff = { firstMs: 500, maxMs: 30_000 };

/** The same while somebody waits for the socket: a call rings for half a minute, whatever has failed before it. */
const urgentBackoff: Backoff = { firstMs: 500, maxMs: 2_000 };

/** A connection that the server closes sooner counts as a failed attempt. */
const stableAfterMs = 10_000;

/** One attempt to open a socket, and that socket. */
interface Attempt {
  socket?: WebSocketLike;
  connectedAt?: number;
}

/** Tells a caller that waits for the socket that it is open, or why it is given up. */
type Waiter = (reason?: NotConnected) => void;

/** One WebSocket to the PBX, kept open while it is needed. The settings are loaded again for each attempt. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #waiters = new Set<Waiter>();
  #state: ConnectionState = "disconnected";
  #failures = 0;
  #lastFailure: unknown;
  #failure: PhoneFailure | undefined;
  /** The current attempt. Messages and results of any other attempt are out of date. */
  #attempt: Attempt | undefined;
  #stopRetryTimer: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether the socket is open now: a phone that slept got no event that it has closed. */
  get isOpen(): boolean {
    return this.#state === "connected" && isOpen(this.#attempt?.socket);
  }

  /** Whether attempts to open the socket have failed so far. */
  get isFailing(): boolean {
    return this.#state === "connecting" && this.#lastFailure !== undefined;
  }

  /**
   * What keeps the socket from opening, or did until it was closed: the settings could not be loaded, or the PBX could
   * not be reached. `undefined` while it is open.
   */
  get failure(): PhoneFailure | undefined {
    if (this.#state === "connected") return undefined;
    return this.#failure ?? (this.#attempt && describeFailure(this.#attempt));
  }

  /** Resolves when the socket is open; rejects with {@link NotConnected} after `withinMs`, and keeps trying. */
  async ensure(withinMs: number): Promise<void> {
    if (this.isOpen) return;
    if (this.#state === "connected") this.#drop();
    if (this.#state === "disconnected") this.#failure = undefined;
    let stopWaiting: (() => void) | undefined;
    const connected = new Promise<void>((resolve, reject) => {
      const waiter: Waiter = (reason) => (reason === undefined ? resolve() : reject(reason));
      this.#waiters.add(waiter);
      stopWaiting = () => this.#waiters.delete(waiter);
    });
    // It is needed now: skip the backoff.
    if (this.#attempt === undefined) void this.#connect();
    try {
      await within(this.#options.clock, withinMs, connected, () => {
        return new NotConnected("The PBX could not be reached in time", { cause: this.#lastFailure });
      });
    } finally {
      stopWaiting?.();
    }
  }

  /** Closes the socket until it is needed again. */
  close(): void {
    this.#failures = 0;
    this.#lastFailure = undefined;
    this.#failure = this.failure;
    this.#giveUp(new NotConnected("The app has closed the connection"));
  }

  async #connect(): Promise<void> {
    this.#stopRetryTimer?.();
    const attempt: Attempt = {};
    this.#attempt = attempt;
    this.#setState("connecting");
    if (attempt !== this.#attempt) return;
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
      // No retry: the app asks for the connection once settings are saved.
      this.#failure = "no_settings";
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
    this.#failure = undefined;
    attempt.socket?.addEventListener("close", () => {
      if (attempt === this.#attempt) this.#retryLater(new Error("The PBX has closed the connection"));
    });
    this.#setState("connected");
    if (attempt !== this.#attempt) return;
    for (const waiter of this.#takeWaiters()) waiter();
  }

  #retryLater(failure: unknown): void {
    const { clock } = this.#options;
    const openSince = this.#attempt?.connectedAt ?? Number.POSITIVE_INFINITY;
    this.#failures = clock.now() - openSince >= stableAfterMs ? 1 : this.#failures + 1;
    this.#lastFailure = failure;
    this.#failure = describeFailure(this.#attempt);
    this.#drop();
    const backoff = this.#waiters.size > 0 ? urgentBackoff : reconnectBackoff;
    const ms = backOff(backoff, this.#failures, clock.random());
    this.#stopRetryTimer = clock.startTimer(ms, () => void this.#connect());
    this.#setState("connecting");
  }

  #giveUp(reason: NotConnected): void {
    this.#stopRetryTimer?.();
    this.#drop();
    const waiters = this.#takeWaiters();
    this.#setState("disconnected");
    for (const waiter of waiters) waiter(reason);
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

  /** Comes last, or what follows looks again: the app may close the connection, or ask for it, when it hears of it. */
  #setState(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState(state);
  }
}

/** An attempt without a socket has not got the settings. */
function describeFailure(attempt: Attempt | undefined): PhoneFailure {
  return attempt?.socket === undefined ? "no_settings" : "no_connection";
}
