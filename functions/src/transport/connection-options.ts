// oxlint-disable-next-line typescript/triple-slash-reference -- types an untyped module, which no import can do
/// <reference path="./undici-client.d.ts" />
import type { Client as UndiciClient } from "undici";
import buildConnector from "undici/lib/core/connect.js";
import type { Clock } from "../clock.ts";
import type { HttpAnswer } from "./http-answer.ts";

/** Reads why the peer closes a connection out of the debug data of its GOAWAY; undefined if the data does not say. */
export type ReadGoAway = (data: string) => string | undefined;

/** The peer of some connections, and what its servers allow and expect. */
export interface ConnectionOptions {
  readonly origin: string;
  readonly clock: Clock;
  /** A certificate authority to trust instead of the machine's. */
  readonly ca?: string;
  /** HTTP/2, over TLS or, for an origin with `http:`, without an upgrade; else HTTP/1.1. */
  readonly http2: boolean;
  /** Maximum number of connections. */
  readonly connections: number;
  /** Maximum number of concurrent requests on one connection; a server may allow fewer. */
  readonly streams: number;
  /** A new connection carries one request until that one is answered; the others wait. */
  readonly startsAlone?: boolean;
  /**
   * A connection that is unused for this time may be dead without a sign: its next request has half of its time there,
   * half a second at most, and the rest on another connection.
   */
  readonly doubtedAfterMs?: number;
  /** Whether an answer says that its connection is of no further use. */
  readonly isFarewell?: (answer: HttpAnswer) => boolean;
  readonly readGoAway?: ReadGoAway;
}

/**
 * A connection that is idle for longer is not used again: Google Cloud's firewall silently drops one that is idle for
 * ten minutes.
 */
export const longestIdleMs = 9 * 60_000;
const connectTimeoutMs = 3000;
const longestAnswerBytes = 64 * 1024;

/** undici's options for a connection. */
export function buildClientOptions({ http2, streams, ca }: ConnectionOptions): UndiciClient.Options {
  return {
    allowH2: http2,
    // After a GOAWAY undici counts the in-flight requests of the old connection against this HTTP/1.1 limit, one by
    // default, and would open the next connection only after all of them are answered.
    pipelining: streams,
    // No pings: Google's servers close a connection that sends many, and an instance without CPU cannot send any.
    h2Options: { maxConcurrentStreams: streams, pingInterval: 0 },
    // Shared, so that a new connection resumes the TLS session of the last.
    connect: buildConnector({
      allowH2: http2,
      preferH2: true,
      // Of an origin without TLS: HTTP/2 from the first byte.
      useH2c: http2,
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
