import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { hideBody } from "./unread-body.ts";

/**
 * Takes requests from the platform before it looks at them. The Functions runtime reads the whole body, of up to 32 MiB,
 * before our code runs: here its parsers see a request without one, and our code reads the body once it has judged the
 * headers. The runtime also fails on a path that is not percent-encoded UTF-8, so such a path is replaced by one that
 * does not exist. For a process that serves one function only.
 */
export function openFrontDoor(applies: (request: IncomingMessage) => boolean = () => true): void {
  subscribe("http.server.request.start", (message) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the documented payload of this channel
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (!applies(request)) return;
    const [path = "", ...query] = (request.url ?? "").split("?");
    if (!isDecodable(path)) request.url = ["/%25", ...query].join("?");
    hideBody(request, response);
  });
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
