import type { IncomingHttpHeaders } from "node:http";
import type { Writable } from "node:stream";

/** A complete answer to the client. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** One request and the way to answer it, the same over HTTP/1.1 and HTTP/2. */
export interface Exchange {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as sent: `headers` merges what is repeated. */
  readonly rawHeaders: readonly string[];
  /** The whole body, or undefined if it is longer than `limit` bytes; rejects if the client disconnects. */
  readBody(limit: number): Promise<Buffer | undefined>;
  /** Sends the answer; does nothing if the client has disconnected. */
  answer(answer: Answer): void;
  /** Sends status 200 and leaves the body open for writing. */
  open(headers: Readonly<Record<string, string>>): Writable;
  /** Resets the TCP connection, and with it every other request on it. */
  drop(): void;
  /**
   * Tells the client to send no more requests on this connection (GOAWAY, with `debugData`), and finishes those in
   * flight.
   */
  sendAway(debugData?: string): void;
}

/** Builds a JSON answer from a value or from text that is JSON already. */
export function buildJsonAnswer(status: number, json: object | string, headers?: Record<string, string>): Answer {
  return {
    status,
    headers: { "content-type": "application/json; charset=UTF-8", ...headers },
    body: typeof json === "string" ? json : JSON.stringify(json),
  };
}
