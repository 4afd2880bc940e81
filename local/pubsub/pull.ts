import type { protos } from "@google-cloud/pubsub";
import type { sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";

import type { Alarm, Alarms } from "./alarms.ts";
import type { Backlog } from "./backlog.ts";
import type { Receiver } from "./receiver.ts";
import { invalidArgument, toRpcError, type RpcError } from "./rpc-error.ts";
import type { Subscription, Subscriptions } from "./subscriptions.ts";
import type { WireReceivedMessage } from "./wire.ts";

type PullRequest = protos.google.pubsub.v1.IPullRequest;
type Answer = sendUnaryData<protos.google.pubsub.v1.IPullResponse>;

/** How long a Pull that finds nothing waits before it answers with nothing; clients ask again. */
export const pullWaitMs = 30_000;

const maxPullMessages = 1000;
// The real service keeps an answer under 10 MB; less is enough to keep a slow client fed.
const maxPullBytes = 4_000_000;

/** Pull: answers as soon as there is a message, at once with `return_immediately`. */
export function pulling(subscriptions: Subscriptions, alarms: Alarms) {
  return (call: ServerUnaryCall<PullRequest, protos.google.pubsub.v1.IPullResponse>, answer: Answer): void => {
    try {
      const subscription = subscriptions.getAttached(call.request.subscription);
      const receiver = new PullReceiver(subscription, parseMaxMessages(call.request), answer);
      subscription.backlog.join(receiver);
      subscription.backlog.dispatch();
      if (call.request.returnImmediately) receiver.finish();
      else receiver.waitOn(alarms);
      call.on("cancelled", () => {
        receiver.finish();
      });
    } catch (thrown) {
      answer(toRpcError(thrown));
    }
  };
}

function parseMaxMessages({ maxMessages }: PullRequest): number {
  const max = maxMessages ?? 0;
  if (max < 1) throw invalidArgument(`max_messages must be at least 1, not ${max}`);
  return Math.min(max, maxPullMessages);
}

class PullReceiver implements Receiver {
  readonly ackDeadlineMs: number;
  readonly #backlog: Backlog;
  readonly #maxMessages: number;
  readonly #answer: Answer;
  readonly #taken: WireReceivedMessage[] = [];
  #bytes = 0;
  #finished = false;
  #cancelWait: (() => void) | undefined;

  constructor({ backlog, config }: Subscription, maxMessages: number, answer: Answer) {
    this.ackDeadlineMs = (config.ackDeadlineSeconds ?? 0) * 1000;
    this.#backlog = backlog;
    this.#maxMessages = maxMessages;
    this.#answer = answer;
  }

  hasRoom(): boolean {
    return !this.#finished && this.#taken.length < this.#maxMessages && this.#bytes < maxPullBytes;
  }

  take(message: WireReceivedMessage, bytes: number): void {
    this.#taken.push(message);
    this.#bytes += bytes;
  }

  flush(): void {
    if (this.#taken.length > 0) this.finish();
  }

  // A Pull has no flow control of its own: it is over once it answered.
  release(): void {}

  fail(error: RpcError): void {
    this.#end(error);
  }

  /** Answers with what was taken, if it has not answered yet. */
  finish(): void {
    this.#end(null);
  }

  /** Answers empty-handed when the wait is over. */
  waitOn(alarms: Alarms): void {
    if (this.#finished) return;
    const alarm: Alarm = alarms.set(pullWaitMs, () => {
      this.finish();
    });
    this.#cancelWait = () => {
      alarms.cancel(alarm);
    };
  }

  #end(error: RpcError | null): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#cancelWait?.();
    this.#backlog.leave(this);
    if (error === null) this.#answer(null, { receivedMessages: this.#taken });
    else this.#answer(error);
  }
}
