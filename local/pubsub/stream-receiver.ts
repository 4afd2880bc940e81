import type { protos } from "@google-cloud/pubsub";
import type { ServerDuplexStream } from "@grpc/grpc-js";

import { parseAckDeadline } from "./deadlines.ts";
import type { Receiver } from "./receiver.ts";
import type { RpcError } from "./rpc-error.ts";
import type { Subscription } from "./subscriptions.ts";
import type { WireReceivedMessage } from "./wire.ts";

/** A request of a subscriber on a StreamingPull. */
export type StreamingPullRequest = protos.google.pubsub.v1.IStreamingPullRequest;

/** The server's side of an open StreamingPull. */
export type StreamingPullCall = ServerDuplexStream<
  StreamingPullRequest,
  protos.google.pubsub.v1.IStreamingPullResponse
>;

// Limits of one response, so that the client can work on the start of a burst while the rest arrives.
const maxBatchMessages = 250;
const maxBatchBytes = 1_000_000;

/** An open StreamingPull as a receiver. It obeys the client's flow control and pauses at a full socket. */
export class StreamReceiver implements Receiver {
  ackDeadlineMs: number;
  readonly #call: StreamingPullCall;
  readonly #subscription: Subscription;
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #messages = 0;
  #bytes = 0;
  #batch: WireReceivedMessage[] = [];
  #batchBytes = 0;
  #socketFull = false;
  #over = false;

  constructor(call: StreamingPullCall, subscription: Subscription, request: StreamingPullRequest) {
    this.#call = call;
    this.#subscription = subscription;
    this.ackDeadlineMs = parseAckDeadline(request.streamAckDeadlineSeconds ?? 0) * 1000;
    this.#maxMessages = Number(request.maxOutstandingMessages ?? 0) || Infinity;
    this.#maxBytes = Number(request.maxOutstandingBytes ?? 0) || Infinity;
    subscription.backlog.join(this);
  }

  hasRoom(): boolean {
    return !this.#over && !this.#socketFull && this.#messages < this.#maxMessages && this.#bytes < this.#maxBytes;
  }

  take(message: WireReceivedMessage, bytes: number): void {
    this.#messages += 1;
    this.#bytes += bytes;
    this.#batch.push(message);
    this.#batchBytes += bytes;
    if (this.#batch.length >= maxBatchMessages || this.#batchBytes >= maxBatchBytes) this.flush();
  }

  flush(): void {
    if (this.#batch.length === 0 || this.#over) return;
    const response = { receivedMessages: this.#batch };
    this.#batch = [];
    this.#batchBytes = 0;
    if (!this.#call.write(response)) this.#waitForDrain();
  }

  release(bytes: number): void {
    this.#messages -= 1;
    this.#bytes -= bytes;
  }

  fail(error: RpcError): void {
    if (this.stop()) this.#call.emit("error", error);
  }

  /** Takes no more messages; false if it had already stopped. */
  stop(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#subscription.backlog.leave(this);
    return true;
  }

  #waitForDrain(): void {
    this.#socketFull = true;
    this.#call.once("drain", () => {
      this.#socketFull = false;
      this.#subscription.backlog.wake();
    });
  }
}
