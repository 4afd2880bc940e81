import { parseAckIds } from "./ack-ids.ts";
import { parseAckDeadline, parseModifiedDeadlineMs } from "./deadlines.ts";
import { invalidArgument, toRpcError } from "./rpc-error.ts";
import { StreamReceiver, type StreamingPullCall, type StreamingPullRequest } from "./stream-receiver.ts";
import type { Subscription, Subscriptions } from "./subscriptions.ts";

/** StreamingPull: messages out, acks and new deadlines in. A broken stream's messages are redelivered when their leases end. */
export function streamingPull(subscriptions: Subscriptions) {
  return (call: StreamingPullCall): void => {
    const stream = new Stream(call, subscriptions);
    call.on("data", (request: StreamingPullRequest) => {
      stream.take(request);
    });
    call.on("end", () => {
      if (stream.stop()) call.end();
    });
    call.on("cancelled", () => {
      stream.stop();
    });
  };
}

class Stream {
  readonly #call: StreamingPullCall;
  readonly #subscriptions: Subscriptions;
  #over = false;
  #opened: { subscription: Subscription; receiver: StreamReceiver } | undefined;

  constructor(call: StreamingPullCall, subscriptions: Subscriptions) {
    this.#call = call;
    this.#subscriptions = subscriptions;
  }

  take(request: StreamingPullRequest): void {
    if (this.#over) return;
    try {
      if (this.#opened === undefined) this.#open(request);
      else this.#update(this.#opened.receiver, request);
      this.#settle(request);
    } catch (thrown) {
      if (this.stop()) this.#call.emit("error", toRpcError(thrown));
    }
  }

  /** Takes no more messages; false if it had already stopped. */
  stop(): boolean {
    if (this.#over) return false;
    this.#over = true;
    return this.#opened?.receiver.stop() ?? true;
  }

  #open(request: StreamingPullRequest): void {
    const subscription = this.#subscriptions.get(request.subscription);
    this.#opened = { subscription, receiver: new StreamReceiver(this.#call, subscription, request) };
  }

  #update(receiver: StreamReceiver, request: StreamingPullRequest): void {
    const { subscription, clientId, maxOutstandingMessages, maxOutstandingBytes, protocolVersion } = request;
    if (subscription || clientId || maxOutstandingMessages || maxOutstandingBytes || protocolVersion) {
      throw invalidArgument("Only the first request of a StreamingPull may set the subscription, client_id and limits");
    }
    if (request.streamAckDeadlineSeconds) {
      receiver.ackDeadlineMs = parseAckDeadline(request.streamAckDeadlineSeconds) * 1000;
    }
  }

  #settle({ ackIds, modifyDeadlineAckIds, modifyDeadlineSeconds }: StreamingPullRequest): void {
    const backlog = this.#opened?.subscription.backlog;
    for (const ackId of parseAckIds(ackIds)) backlog?.acknowledge(ackId);
    const modified = parseAckIds(modifyDeadlineAckIds);
    if (modified.length !== (modifyDeadlineSeconds?.length ?? 0)) {
      throw invalidArgument("modify_deadline_ack_ids and modify_deadline_seconds must be of equal length");
    }
    for (const [index, ackId] of modified.entries()) {
      backlog?.modifyDeadline(ackId, parseModifiedDeadlineMs(modifyDeadlineSeconds?.[index]));
    }
  }
}
