import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";

/**
 * Makes the platform hand us bodies as they came. The Functions runtime parses JSON and forms before our code runs, and
 * answers a broken one itself, with an HTML page and without our error code. It leaves alone what it does not know, so
 * the type is moved to a header of our own as the request arrives, in a process that serves one function only. A path
 * that is no percent-encoded UTF-8, over which it stumbles too, becomes one that nothing is at.
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
    // Bodies here are a few hundred bytes; not to inflate them spares us the ones that burst.
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

/** How the client has compressed its body. */
export function encodingOf({ headers }: IncomingMessage): string | undefined {
  return (headers[rawContentEncoding] ?? headers["content-encoding"])?.toString();
}

/** The platform keeps the body as it came beside whatever it made of it. */
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
