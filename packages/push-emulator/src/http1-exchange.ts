import type { IncomingMessage, ServerResponse } from "node:http";

import { readWhole } from "./body-reader.ts";
import type { Exchange } from "./exchange.ts";

/** An exchange over HTTP/1.1. */
export function createHttp1Exchange(request: IncomingMessage, response: ServerResponse, drop: () => void): Exchange {
  request.on("error", ignoreLostClient);
  response.on("error", ignoreLostClient);
  return {
    method: request.method ?? "GET",
    target: request.url ?? "/",
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    readBody: (limit) => readWhole(request, limit),
    answer({ status, headers, body }) {
      if (response.destroyed || response.headersSent) return;
      response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
      response.end(body);
    },
    open(headers) {
      response.writeHead(200, headers);
      response.flushHeaders();
      return response;
    },
    drop,
    sendAway: () => {
      if (!response.headersSent) response.setHeader("connection", "close");
    },
  };
}

/** Node reports a client that disconnects as an error; it is none. */
function ignoreLostClient(): void {}
