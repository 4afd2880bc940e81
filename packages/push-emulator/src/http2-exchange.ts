import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";

import { readWhole } from "./body-reader.ts";
import type { Exchange } from "./exchange.ts";

/**
 * An exchange over one HTTP/2 stream, without Node's request and response wrappers, which cost a third of the
 * throughput.
 */
export function createHttp2Exchange(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  drop: () => void,
): Exchange {
  stream.on("error", ignoreLostClient);
  return {
    method: headers[":method"] ?? "GET",
    target: headers[":path"] ?? "/",
    headers,
    readBody: (limit) => readWhole(stream, limit),
    answer({ status, headers: answered, body }) {
      if (stream.destroyed || stream.closed || stream.headersSent) return;
      stream.respond({ ...answered, ":status": status, "content-length": Buffer.byteLength(body) });
      stream.end(body);
    },
    open(answered) {
      stream.respond({ ...answered, ":status": 200 });
      return stream;
    },
    drop,
    // A graceful close is a GOAWAY frame; the session stays until its last stream is answered.
    sendAway: () => stream.session?.close(),
  };
}

/** Node reports a client that disconnects as an error; it is none. */
function ignoreLostClient(): void {}
