import { Agent, request } from "node:http";
import { buffer } from "node:stream/consumers";
import * as fc from "fast-check";

/** A request to send. */
export interface Sent {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** A request that fast-check prints with its body as text when it fails. */
export function readable(sent: Sent): Sent {
  const { body, ...rest } = sent;
  const show = () => JSON.stringify({ ...rest, ...(body && { body: body.toString() }) });
  return Object.defineProperty({ ...sent }, fc.toStringMethod, { value: show });
}

/** Whether Node refuses a request before it reaches a handler, because its headers are too long. */
export function isTooLong({ path, headers }: Sent): boolean {
  return path.length + JSON.stringify(headers).length > 15_000;
}

/** The answer. */
export interface Received {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly ms: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/**
 * Sends one request and reads its answer to the end; rejects when the connection breaks before that. A head that is too long
 * counts as refused when it breaks: Node answers 431 and closes the connection at once, under a body still being written.
 */
export async function send(url: string, sent: Sent): Promise<Received> {
  const { method, path, headers, body } = sent;
  const { hostname, port } = new URL(url);
  const startedAt = performance.now();
  const answered = Promise.withResolvers<Received>();
  const length = body === undefined ? {} : { "content-length": body.length };
  const outgoing = request({ agent, hostname, port, method, path, headers: { ...headers, ...length } }, (incoming) => {
    const { statusCode: status = 0 } = incoming;
    const type = incoming.headers["content-type"] ?? "";
    // Not text(), which drops a byte order mark: a uid may be one.
    buffer(incoming).then(
      (read) => answered.resolve({ status, type, text: read.toString(), ms: performance.now() - startedAt }),
      answered.reject,
    );
  });
  outgoing.once("error", (error) => {
    if (!isTooLong(sent)) return answered.reject(error);
    answered.resolve({ status: 431, type: "", text: "", ms: performance.now() - startedAt });
  });
  outgoing.end(body);
  return answered.promise;
}

/** Closes the kept-alive connections. */
export function closeConnections(): void {
  agent.destroy();
}
