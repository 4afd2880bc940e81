import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";

/**
 * Makes the platform pass bodies on unparsed. The Functions runtime parses JSON and forms before our code runs, and
 * answers an invalid body itself, with an HTML page and without our error code. It does not parse unknown types, so
 * when a request arrives its type is moved to a header of our own, in a process that serves one function only. The
 * runtime also fails on a path that is not percent-encoded UTF-8, so such a path is replaced by one that does not
 * exist.
 */
export function keepBodiesRaw(applies: (request: IncomingMessage) => boolean = () => true): void {
  subscribe("http.server.request.start", (message) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the documented payload of this channel
    const { request } = message as { request: IncomingMessage };
    if (!applies(request)) return;
    const [path = "", ...query] = (request.url ?? "").split("?");
    if (!isDecodable(path)) request.url = ["/%25", ...query].join("?");
    const { headers } = request;
    headers[rawContentType] = headers["content-type"] ?? "";
    headers["content-type"] = "application/octet-stream";
    // Bodies are a few hundred bytes; without inflating them, decompression bombs are harmless.
    headers[rawContentEncoding] = headers["content-encoding"] ?? "";
    delete headers["content-encoding"];
  });
}

/** The headers that carry the type and the encoding that the client sent. */
const rawContentType = "x-pbx-push-content-type";
const rawContentEncoding = "x-pbx-push-content-encoding";

/** The type that the client gave its body. */
export function typeOf({ headers }: IncomingMessage): string | undefined {
  return (headers[rawContentType] ?? headers["content-type"])?.toString();
}

/** The content encoding that the client sent. */
export function encodingOf({ headers }: IncomingMessage): string | undefined {
  return (headers[rawContentEncoding] ?? headers["content-encoding"])?.toString();
}

/** The body as it was sent, which the platform keeps beside the parsed one. */
export function rawBodyOf(request: IncomingMessage): Buffer | undefined {
  return "rawBody" in request && Buffer.isBuffer(request.rawBody) ? request.rawBody : undefined;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
