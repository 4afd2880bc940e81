import type { handleBidiStreamingCall, ServerDuplexStream } from "@grpc/grpc-js";

import type { Databases } from "./databases.ts";
import { Listener, type ListenRequest } from "./listener.ts";
import { buildStatus } from "./rpc-error.ts";
import type { WireMessage } from "./wire.ts";

/** The Listen RPC; `listeners` holds the streams that are open. */
export function buildListen(
  databases: Databases,
  listeners: Set<Listener>,
): handleBidiStreamingCall<ListenRequest, WireMessage> {
  return (call) => {
    let listener: Listener | undefined;
    const close = () => {
      if (listener === undefined) return;
      listener.close();
      listeners.delete(listener);
    };
    call.on("data", (request: ListenRequest) => {
      try {
        listener ??= open(call, databases, listeners, request.database);
        if (request.addTarget !== undefined) listener.add(request.addTarget);
        if (request.removeTarget !== undefined) listener.remove(request.removeTarget);
      } catch (cause) {
        call.emit("error", buildStatus(cause));
      }
    });
    call.on("end", () => {
      close();
      call.end();
    });
    // The client disconnected without ending the stream.
    call.on("cancelled", close);
    call.on("error", close);
  };
}

function open(
  call: ServerDuplexStream<ListenRequest, WireMessage>,
  databases: Databases,
  listeners: Set<Listener>,
  database: string,
): Listener {
  const listener = new Listener(call, databases.get(database));
  listeners.add(listener);
  return listener;
}
