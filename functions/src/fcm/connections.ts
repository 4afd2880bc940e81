// oxlint-disable-next-line typescript/triple-slash-reference -- types an untyped module, which no import can do
/// <reference path="./undici-client.d.ts" />
import type { Client as UndiciClient } from "undici";
import buildConnector from "undici/lib/core/connect.js";
import Client from "undici/lib/dispatcher/client.js";
import type { Clock } from "../clock.ts";
import { Exchange, type ExchangeResult } from "./exchange.ts";

/** Options of {@link openConnections}. */
export interface ConnectionOptions {
  readonly origin: string;
  readonly clock: Clock;
  readonly connections?: number;
  /** A certificate authority to trust instead of the machine's. */
  readonly ca?: string;
}

/** One POST. */
export interface Post {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** The open connections to one origin. */
export interface Connections {
  /** Posts and reads the answer; resolves by `until` (milliseconds since the epoch) and sends nothing after it. */
  post(post: Post, until: number): Promise<ExchangeResult>;
  /** Closes every connection once its requests are answered. */
  close(): Promise<void>;
}

interface Connection {
  readonly client: UndiciClient;
  inFlight: number;
  answers: number;
  lastUsedAt: number;
}

// The limit that FCM's servers grant, and undici's maximum.
const streamsPerConnection = 100;
// 2,400 in flight: at 100 ms an answer more than twice FCM's default quota of 10,000 a second.
const defaultConnections = 24;
// HTTP/1.1 (the emulator without TLS) carries one request at a time.
const defaultPlainConnections = 128;
// Google Cloud's firewall silently drops a connection that is idle for ten minutes.
const longestIdleMs = 9 * 60_000;
const connectTimeoutMs = 3000;
const longestAnswerBytes = 64 * 1024;

/**
 * Connections that are opened on demand and kept: HTTP/2 with a hundred concurrent requests over TLS, else HTTP/1.1.
 *
 * They are undici `Client`s, one connection each, and not its `Pool`. On a connection that died silently (a firewall
 * dropped it, a peer hangs) every request times out. `Pool` sends the retry on the same connection, or holds it until a
 * ping has timed out too, and either loses the call. Here the first timeout without an answer retires the connection.
 */
export function openConnections(options: ConnectionOptions): Connections {
  return new ConnectionSet(options);
}

class ConnectionSet implements Connections {
  readonly #origin: string;
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #limit: number;
  readonly #clientOptions: UndiciClient.Options;
  readonly #open = new Set<Connection>();
  readonly #closing = new Set<Promise<void>>();

  constructor({ origin, clock, connections, ca }: ConnectionOptions) {
    const isTls = origin.startsWith("https:");
    this.#origin = origin;
    this.#clock = clock;
    this.#capacity = isTls ? streamsPerConnection : 1;
    this.#limit = connections ?? (isTls ? defaultConnections : defaultPlainConnections);
    this.#clientOptions = {
      allowH2: isTls,
      // After a GOAWAY undici counts the in-flight requests of the old connection against this HTTP/1.1 limit, one by
      // default, and would open the next connection only after all of them are answered.
      pipelining: this.#capacity,
      h2Options: { maxConcurrentStreams: streamsPerConnection, pingInterval: 0 },
      // Shared, so that a new connection resumes the TLS session of the last.
      connect: buildConnector({
        allowH2: isTls,
        preferH2: true,
        timeout: connectTimeoutMs,
        ...(ca !== undefined && { ca }),
      }),
      keepAliveTimeout: longestIdleMs,
      maxResponseSize: longestAnswerBytes,
      // `Exchange` has one timer for everything.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
  }

  async post(post: Post, until: number): Promise<ExchangeResult> {
    const connection = this.#pick();
    const isKept = connection.answers > 0;
    const result = await this.#exchange(connection, post, until);
    // If the peer has closed a kept connection, we notice only when we use it. That is not a failure of FCM, so it must
    // cost neither the one retry nor its wait: the request is sent again at once, on another connection.
    if (result.status !== "lost" || !isKept || this.#clock.now() >= until) return result;
    return { ...(await this.#exchange(this.#pick(), post, until)), isSecond: true };
  }

  async close(): Promise<void> {
    for (const connection of this.#open) this.#retire(connection);
    await Promise.all(this.#closing);
  }

  async #exchange(connection: Connection, post: Post, until: number): Promise<ExchangeResult> {
    const answersBefore = connection.answers;
    const exchange = new Exchange(Math.max(0, until - this.#clock.now()));
    connection.inFlight++;
    connection.client.dispatch({ method: "POST", ...post }, exchange);
    const result = await exchange.result;
    connection.inFlight--;
    connection.lastUsedAt = this.#clock.now();
    const isSilent = connection.answers === answersBefore;
    if (result.status === "answered") connection.answers++;
    if (result.status === "lost" || (result.status === "timeout" && isSilent)) this.#retire(connection);
    return result;
  }

  // The first connection with room, so that few connections are open and all of them are warm.
  #pick(): Connection {
    let leastBusy: Connection | undefined;
    for (const connection of this.#open) {
      if (connection.inFlight === 0 && this.#clock.now() - connection.lastUsedAt > longestIdleMs) {
        this.#retire(connection);
        continue;
      }
      if (connection.inFlight < this.#capacity) return connection;
      if (leastBusy === undefined || connection.inFlight < leastBusy.inFlight) leastBusy = connection;
    }
    if (leastBusy !== undefined && this.#open.size >= this.#limit) return leastBusy;
    return this.#connect();
  }

  #connect(): Connection {
    const client = new Client(this.#origin, this.#clientOptions);
    const connection = { client, inFlight: 0, answers: 0, lastUsedAt: this.#clock.now() };
    this.#open.add(connection);
    return connection;
  }

  // In-flight requests are answered or time out; it gets no new ones.
  #retire(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    const closed = connection.client.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
