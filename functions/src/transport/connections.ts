import type { Client as UndiciClient } from "undici";
import { settleWithin } from "../settle-within.ts";
import { isWanted, type Wanted } from "./budget.ts";
import { buildClientOptions, longestIdleMs, type ConnectionOptions } from "./connection-options.ts";
import { Connection, type Post } from "./connection.ts";
import type { ExchangeResult } from "./exchange.ts";

/** The open connections to one origin. */
export interface Connections {
  /**
   * Posts and reads the answer; resolves by `until` (milliseconds since the epoch) and sends nothing after it. The
   * caller has just asked whether the request is `wanted`: it is asked again if the request waits, or is sent again.
   */
  post(post: Post, until: number, wanted?: Wanted): Promise<ExchangeResult>;
  /** Closes every connection once its requests are answered. */
  close(): Promise<void>;
}

/**
 * Connections that are opened on demand and kept.
 *
 * They are undici `Client`s, one connection each, and not its `Pool`. On a connection that died silently (a firewall
 * dropped it, a peer hangs) every request times out. `Pool` sends the retry on the same connection, or holds it until a
 * ping has timed out too, and either loses the call. Here the first timeout without an answer retires the connection.
 */
export function openConnections(options: ConnectionOptions): Connections {
  return new ConnectionSet(options);
}

/** The result of a request that has waited for too long. */
const late: ExchangeResult = { status: "failed", code: "timeout", wasSent: false };

/** An answer takes a tenth of a second, and FCM takes the call over after a second. */
const longestDoubtMs = 500;

class ConnectionSet implements Connections {
  readonly #options: ConnectionOptions;
  readonly #clientOptions: UndiciClient.Options;
  readonly #open = new Set<Connection>();
  readonly #closing = new Set<Promise<void>>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#clientOptions = buildClientOptions(options);
  }

  async post(post: Post, until: number, wanted: Wanted = {}): Promise<ExchangeResult> {
    const first = await this.#try(post, until, wanted);
    // If the peer has closed a kept connection, we notice only when we use it. That is not a failure of the peer, so it
    // must cost neither the one retry nor its wait: the request is sent again at once, on another connection.
    if (!first.isDead || !(await this.#isDue(until, wanted, true))) return first.result;
    return { ...(await this.#try(post, until, wanted)).result, isSecond: true };
  }

  async close(): Promise<void> {
    for (const connection of this.#open) this.#retire(connection);
    await Promise.all(this.#closing);
  }

  /** `isDead`: a kept connection turned out to be dead, which says nothing about the next one. */
  async #try(
    post: Post,
    until: number,
    wanted: Wanted,
  ): Promise<{ readonly result: ExchangeResult; readonly isDead?: boolean }> {
    const { clock, doubtedAfterMs = Number.POSITIVE_INFINITY } = this.#options;
    let connection = this.#pick();
    for (let first = this.#findFirst(connection); first !== undefined; first = this.#findFirst(connection)) {
      const result = await settleWithin(first, until - clock.now());
      if (result === undefined) return { result: late };
      // The peer cannot be reached: the requests that wait share the failure, as they would in undici's queue.
      if (result.status === "failed" && !result.wasSent) return { result };
      if (!(await this.#isDue(until, wanted))) return { result: clock.now() < until ? { status: "unwanted" } : late };
      connection = this.#pick();
    }
    const now = clock.now();
    const isKept = connection.answers > 0;
    const isDoubted = isKept && now - connection.lastUsedAt > doubtedAfterMs;
    const ownTime = isDoubted ? Math.min((until - now) / 2, longestDoubtMs) : until - now;
    connection.latest = this.#exchange(connection, post, { until: now + ownTime, signal: wanted.signal });
    const result = await connection.latest;
    return { result, isDead: isKept && (result.status === "lost" || (isDoubted && result.status === "timeout")) };
  }

  /** Whether there is time for a request, and it is wanted. */
  async #isDue(until: number, wanted: Wanted, isRepeat = false): Promise<boolean> {
    const { clock } = this.#options;
    const isStillWanted = await settleWithin(isWanted(wanted, isRepeat), until - clock.now());
    return isStillWanted === true && clock.now() < until;
  }

  async #exchange(
    connection: Connection,
    post: Post,
    { until, signal }: { readonly until: number; readonly signal: AbortSignal | undefined },
  ): Promise<ExchangeResult> {
    const answersBefore = connection.answers;
    const result = await connection.exchange(post, until, signal);
    const isSilent = connection.answers === answersBefore;
    const isFarewell = result.status === "answered" && this.#options.isFarewell?.(result.answer) === true;
    if (result.status === "lost" || (result.status === "timeout" && isSilent) || isFarewell) this.#retire(connection);
    return result;
  }

  /** The first request of a connection that has to carry it alone, until it is answered. */
  #findFirst({ answers, inFlight, latest }: Connection): Promise<ExchangeResult> | undefined {
    return this.#options.startsAlone === true && answers === 0 && inFlight > 0 ? latest : undefined;
  }

  // The first connection with room, so that few connections are open and all of them are warm.
  #pick(): Connection {
    const { clock, streams, connections } = this.#options;
    let leastBusy: Connection | undefined;
    for (const connection of this.#open) {
      if (connection.inFlight === 0 && clock.now() - connection.lastUsedAt > longestIdleMs) {
        this.#retire(connection);
        continue;
      }
      const isStarting = this.#findFirst(connection) !== undefined;
      if (!isStarting && connection.inFlight < streams) return connection;
      if (leastBusy === undefined || connection.inFlight < leastBusy.inFlight) leastBusy = connection;
    }
    if (leastBusy === undefined) return this.#connect();
    const isStarting = this.#findFirst(leastBusy) !== undefined;
    return isStarting || this.#open.size >= connections ? leastBusy : this.#connect();
  }

  #connect(): Connection {
    const parts = { ...this.#options, options: this.#clientOptions };
    const connection = new Connection(parts, (broken) => this.#retire(broken));
    this.#open.add(connection);
    return connection;
  }

  // In-flight requests are answered or time out; it gets no new ones.
  #retire(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    const closed = connection.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
