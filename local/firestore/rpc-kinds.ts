import {
  Metadata,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from "@grpc/grpc-js";

import { buildStatus } from "./rpc-error.ts";
import type { WireMessage } from "./wire.ts";

/** An RPC with one answer, from a function that resolves to it. */
export function unary<Request>(
  answer: (request: Request) => Promise<WireMessage>,
): handleUnaryCall<Request, WireMessage> {
  const respond = async (call: ServerUnaryCall<Request, WireMessage>, send: sendUnaryData<WireMessage>) => {
    try {
      send(null, await answer(call.request));
    } catch (cause) {
      send(buildStatus(cause));
    }
  };
  return (call, send) => void respond(call, send);
}

/** An RPC with a stream of answers, from a function that resolves to all of them. */
export function stream<Request>(
  answer: (request: Request) => Promise<WireMessage[]>,
): handleServerStreamingCall<Request, WireMessage> {
  const respond = async (call: ServerWritableStream<Request, WireMessage>) => {
    try {
      for (const message of await answer(call.request)) call.write(message);
      call.end();
    } catch (cause) {
      // Without headers, google-gax takes the error for a lost connection and retries three times over seven seconds.
      call.sendMetadata(new Metadata());
      call.emit("error", buildStatus(cause));
    }
  };
  return (call) => void respond(call);
}
