import { Metadata } from "@grpc/grpc-js";
import type { Message } from "./requests.ts";

/** An RPC of grpc-js, of any kind. */
export type Handler = (call: any, send?: (error: object | null, answer?: Message) => void) => void;

/** One RPC: its handler, and what happens around it. */
export interface Rpc {
  /** The handler of a request. */
  readonly handler: (request: Message) => Handler;
  /**
   * Calls `answer`, with an error when the request must not take effect; then calls its result, with an error when the
   * answer is lost.
   */
  readonly run: (
    request: Message,
    metadata: Metadata,
    answer: (refusal?: object) => Promise<(loss?: object) => void>,
  ) => Promise<void>;
  /**
   * Registers the function that cuts a stream when its client dies; returns the function that unregisters it, or undefined
   * when the client is dead already.
   */
  readonly keepStream: (metadata: Metadata, cut: () => void) => (() => void) | undefined;
}

/** A request with one answer. */
export function wrapUnary({ handler, run }: Rpc): Handler {
  return (call, send) => {
    void run(call.request, call.metadata, async (refusal) => {
      if (refusal !== undefined) return () => send?.(refusal);
      const [error, answer] = await new Promise<[object | null, Message | undefined]>((resolve) => {
        handler(call.request)(call, (...answered) => resolve([answered[0], answered[1]]));
      });
      return (loss) => (loss === undefined ? send?.(error, answer) : send?.(loss));
    });
  };
}

/** A request with a stream of answers. */
export function wrapStream({ handler, run }: Rpc): Handler {
  return (call) => {
    const fail = (error: object) => {
      // google-gax takes an error without headers for a lost connection.
      call.sendMetadata(new Metadata());
      call.emit("error", error);
    };
    void run(call.request, call.metadata, async (refusal) => {
      if (refusal !== undefined) return () => fail(refusal);
      const answers: Message[] = [];
      const error = await new Promise<object | undefined>((resolve) => {
        handler(call.request)({
          request: call.request,
          write: (message: Message) => answers.push(message),
          end: () => resolve(undefined),
          sendMetadata: () => undefined,
          emit: (_: "error", cause: object) => resolve(cause),
        });
      });
      return (loss) => {
        const failure = loss ?? error;
        if (failure !== undefined) return fail(failure);
        for (const message of answers) call.write(message);
        call.end();
      };
    });
  };
}

/** Listen: it belongs to the database of its first message, and ends with its client. */
export function wrapListen({ handler, keepStream }: Rpc): Handler {
  return (call) => {
    const forget = keepStream(call.metadata, () => call.emit("cancelled", "cancelled"));
    if (forget === undefined) return;
    call.once("cancelled", forget);
    call.once("end", forget);
    call.once("data", (first: Message) => {
      handler(first)(call);
      call.emit("data", first);
    });
  };
}
