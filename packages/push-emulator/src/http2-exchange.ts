import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";

import { readWhole } from "./body-reader.ts";
import type { Exchange } from "./exchange.ts";

/** The headers of a request, parsed and as sent. */
export interface ReceivedHeaders {
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
}

/**
 * An exchange over one HTTP/2 stream, without Node's request and response wrappers, which cost a third of the
 * throughput.
 */
export function createHttp2Exchange(
  stream: ServerHttp2Stream,
  { headers, rawHeaders }: ReceivedHeaders,
  drop: () => void,
): Exchange {
  stream.on("error", ignoreLostClient);
  return {
    method: headers[":method"] ?? "GET",
    target: headers[":path"] ?? "/",
    headers,
    rawHeaders,
    readBody: (limit) => readWhole(stream, limit),
    answer({ status, headers: answered, body }) {
      if (stream.destroyed || stream.closed || stream.headersSent) return;
      if (body.length === 0) return stream.respond({ ...answered, ":status": status }, { endStream: true });
      stream.respond({ ...answered, ":status": status, "content-length": Buffer.byteLength(body) });
      stream.end(body);
    },
    open(answered) {
      stream.respond({ ...answered, ":status": 200 });
      return stream;
    },
    drop,
    sendAway: (debugData) => {
      if (stream.session !== undefined) sendAway(stream.session, debugData);
    },
  };
}

/** Sends GOAWAY, with `debugData`, and closes the session when its last stream is answered. */
export function sendAway(session: Http2Session, debugData?: string): void {
  // The graceful close sends a GOAWAY of its own, which cannot carry data: another before it can.
  if (debugData !== undefined && !session.closed) session.goaway(0, 0, Buffer.from(debugData));
  session.close();
}

/** Node reports a client that disconnects as an error; it is none. */
function ignoreLostClient(): void {}
