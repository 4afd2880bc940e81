// How the web, Android, iOS and Flutter SDKs write: https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1#writerequest
import type { handleBidiStreamingCall, ServerDuplexStream } from "@grpc/grpc-js";

import type { Databases } from "./databases.ts";
import { buildStatus } from "./rpc-error.ts";
import type { WireMessage, WireWrite } from "./wire.ts";
import { writeAlone } from "./writes.ts";

/** google.firestore.v1.WriteRequest. */
interface WriteRequest {
  /** Only in the first request. */
  database?: string;
  writes?: WireWrite[];
}

/** The Write RPC: a handshake, then one commit after the other, each answered before the next is made. */
export function buildWrite(databases: Databases): handleBidiStreamingCall<WriteRequest, WireMessage> {
  return (call) => void serve(databases, call);
}

async function serve(databases: Databases, call: ServerDuplexStream<WriteRequest, WireMessage>): Promise<void> {
  let name: string | undefined;
  let answered = 0;
  try {
    for await (const request of call.iterator({ destroyOnReturn: false })) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the stream is made of
      const { database, writes = [] } = request as WriteRequest;
      const result = name === undefined ? { streamId: "1" } : await writeAlone(databases.get(name), writes);
      name ??= database;
      answered += 1;
      // The client returns the last token; this server ignores it.
      call.write({ streamToken: Buffer.from(String(answered)), ...result });
    }
    call.end();
  } catch (cause) {
    call.emit("error", buildStatus(cause));
  }
}
