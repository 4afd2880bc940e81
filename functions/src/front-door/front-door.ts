import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
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
    refusePipelining(request, response);
    const [path = "", ...query] = (request.url ?? "").split("?");
    if (!isPath(path)) request.url = ["/%25", ...query].join("?");
    hideBody(request, response);
  });
}

/** The runtime answers a target that is no path, such as `*`, with a page of its own. */
function isPath(target: string): boolean {
  try {
    decodeURIComponent(target);
    return target.startsWith("/") || URL.canParse(target);
  } catch {
    return false;
  }
}

/** The answer of each connection that is not sent yet. */
const answers = new WeakMap<Socket, ServerResponse>();

/**
 * Cuts off a client that sends a second request before it has the answer to the first. Node would take thousands of them
 * from one connection at once, each with an answer in memory; no proxy and no PBX sends requests like this.
 */
function refusePipelining({ socket, headers }: IncomingMessage, response: ServerResponse): void {
  if (answers.get(socket)?.writableFinished === false) {
    socket.destroy();
    // Node refuses a request without a host by itself: the runtime does not see those that have arrived already.
    delete headers.host;
    return;
  }
  answers.set(socket, response);
}
