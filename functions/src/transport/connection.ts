// oxlint-disable-next-line typescript/triple-slash-reference -- types an untyped module, which no import can do
/// <reference path="./undici-client.d.ts" />
import { EventEmitter } from "node:events";
import type { Client as UndiciClient } from "undici";
import symbols from "undici/lib/core/symbols.js";
import Client from "undici/lib/dispatcher/client.js";
import type { Clock } from "../clock.ts";
import type { ReadGoAway } from "./connection-options.ts";
import { Exchange, type ExchangeResult } from "./exchange.ts";

/** One POST. */
export interface Post {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Parts of a {@link Connection}. */
export interface ConnectionParts {
  readonly origin: string;
  readonly options: UndiciClient.Options;
  readonly clock: Clock;
  readonly readGoAway?: ReadGoAway | undefined;
}

/** One connection; its first request opens it. */
export class Connection {
  inFlight = 0;
  /** How many of its requests were answered. */
  answers = 0;
  /** Milliseconds since the epoch. */
  lastUsedAt: number;
  /** The result of its latest request. */
  latest: Promise<ExchangeResult> | undefined;
  readonly #client: UndiciClient;
  readonly #clock: Clock;
  #goAwayReason: string | undefined;

  /** `onBreak` is called when the peer has closed the connection or is about to. */
  constructor({ origin, options, clock, readGoAway }: ConnectionParts, onBreak: (connection: Connection) => void) {
    this.#client = new Client(origin, options);
    this.#clock = clock;
    this.lastUsedAt = clock.now();
    this.#client.on("disconnect", () => onBreak(this));
    if (readGoAway !== undefined) this.#client.on("connect", () => this.#listen(readGoAway));
  }

  /** Posts, unless `signal` is aborted first, and reads the answer; resolves by `until`, milliseconds since the epoch. */
  async exchange(post: Post, until: number, signal?: AbortSignal): Promise<ExchangeResult> {
    const exchange = new Exchange(Math.max(0, until - this.#clock.now()), signal);
    this.inFlight++;
    this.#client.dispatch({ method: "POST", ...post }, exchange);
    const result = await exchange.result;
    this.inFlight--;
    this.lastUsedAt = this.#clock.now();
    if (result.status === "answered") this.answers++;
    if (result.status !== "lost" || this.#goAwayReason === undefined) return result;
    return { ...result, reason: this.#goAwayReason };
  }

  /** Resolves when the requests in flight are answered or have failed, and the connection is closed. */
  async close(): Promise<void> {
    await this.#client.close();
  }

  // undici ignores the debug data, so we ask the session under it.
  #listen(readGoAway: ReadGoAway): void {
    const session: unknown = Reflect.get(this.#client, symbols.kHTTP2Session);
    if (!(session instanceof EventEmitter)) return;
    session.on("goaway", (_code: number, _lastStream: number, data?: Uint8Array) => {
      // A second one, right before the end, repeats nothing.
      this.#goAwayReason ??= data && readGoAway(Buffer.from(data).toString());
    });
  }
}
