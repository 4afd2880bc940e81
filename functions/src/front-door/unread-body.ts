import type { IncomingMessage, ServerResponse } from "node:http";
import { closeGently } from "./close-gently.ts";

/** A body that is still on the connection, as its headers describe it. */
export interface UnreadBody {
  readonly type: string | undefined;
  readonly encoding: string | undefined;
  /** In bytes; `undefined` for a body in chunks. */
  readonly length: number | undefined;
  /** Tells a client that expects `100 Continue` to send the body. */
  readonly invite: () => void;
  /** After the whole body was read, the connection can take another request. */
  readonly keepConnection: () => void;
}

const unread = new WeakMap<IncomingMessage, UnreadBody>();

/**
 * Makes the platform take a request for one without a body, so that nothing reads it. Unless our code reads the body to
 * its end, the connection closes after the answer: what follows on it is no request.
 */
export function hideBody(request: IncomingMessage, response: ServerResponse): void {
  const { headers } = request;
  const isChunked = headers["transfer-encoding"] !== undefined;
  const length = Number(headers["content-length"] ?? 0);
  delete headers["transfer-encoding"];
  delete headers["content-length"];
  if (!isChunked && length === 0) return;
  const { shouldKeepAlive } = response;
  response.shouldKeepAlive = false;
  let isRead = false;
  response.once("finish", () => {
    if (!isRead) closeGently(request.socket);
  });
  unread.set(request, {
    type: headers["content-type"],
    encoding: headers["content-encoding"],
    length: isChunked ? undefined : length,
    invite: takeExpectation(request) ? () => response.writeContinue() : () => undefined,
    keepConnection: () => {
      isRead = true;
      response.shouldKeepAlive = shouldKeepAlive;
    },
  });
}

/** Node would answer `100 Continue` to every client that expects it. */
function takeExpectation({ headers }: IncomingMessage): boolean {
  if (!/100-continue/i.test(headers.expect ?? "")) return false;
  delete headers.expect;
  return true;
}

/** The body that was hidden from the platform; `undefined` if the request has none. */
export function unreadBodyOf(request: IncomingMessage): UnreadBody | undefined {
  return unread.get(request);
}
