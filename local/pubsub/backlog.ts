import type { AckIds } from "./ack-ids.ts";
import type { Clock } from "./clock.ts";
import { Fifo } from "./fifo.ts";
import type { StoredMessage } from "./message.ts";
import type { Receiver } from "./receiver.ts";
import type { RpcError } from "./rpc-error.ts";

/** One subscription's own copy of a message. */
interface Delivery {
  readonly message: StoredMessage;
  /** Ack id of the last delivery; it stays valid after the lease has ended, until the message is sent again. */
  ackId: string | undefined;
  /** The receiver that has the message, and the timer of the lease. */
  lease: { readonly receiver: Receiver; cancelEnd: () => void } | undefined;
}

/** Shared by all backlogs of a server. */
export interface BacklogTools {
  readonly clock: Clock;
  readonly ackIds: AckIds;
}

/** The unacked messages of one subscription, their leases, and the receivers that take turns. */
export class Backlog {
  readonly #tools: BacklogTools;
  readonly #waiting = new Fifo<Delivery>();
  readonly #byAckId = new Map<string, Delivery>();
  readonly #receivers: Receiver[] = [];
  #unsettled = 0;
  #turn = 0;
  #isAwake = false;

  constructor(tools: BacklogTools) {
    this.#tools = tools;
  }

  /** Number of unacked messages. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Adds published messages. */
  add(messages: readonly StoredMessage[]): void {
    this.#unsettled += messages.length;
    for (const message of messages) this.#waiting.push({ message, ackId: undefined, lease: undefined });
    this.wake();
  }

  /** Adds a receiver; it gets messages until it leaves. */
  join(receiver: Receiver): void {
    this.#receivers.push(receiver);
    this.wake();
  }

  /** Removes a receiver; its messages return to the backlog when their leases end. */
  leave(receiver: Receiver): void {
    const index = this.#receivers.indexOf(receiver);
    if (index !== -1) this.#receivers.splice(index, 1);
  }

  /** Dispatches messages after the current turn of the event loop, so that messages of one turn are sent together. */
  wake(): void {
    if (this.#isAwake || this.#receivers.length === 0) return;
    this.#isAwake = true;
    queueMicrotask(() => this.#dispatch());
  }

  /** Acks a delivery. After the end of its lease, an ack counts only if the message was not sent again. */
  acknowledge(ackId: string): void {
    const delivery = this.#byAckId.get(ackId);
    if (delivery === undefined) return;
    this.#byAckId.delete(ackId);
    delivery.ackId = undefined;
    this.#unsettled -= 1;
    if (delivery.lease === undefined) this.#waiting.remove(delivery);
    else this.#release(delivery);
  }

  /** Extends a lease to `deadlineMs` from now; 0 is a nack. */
  modifyDeadline(ackId: string, deadlineMs: number): void {
    const delivery = this.#byAckId.get(ackId);
    if (delivery?.lease === undefined) return;
    if (deadlineMs > 0) {
      delivery.lease.cancelEnd();
      delivery.lease.cancelEnd = this.#setEnd(delivery, deadlineMs);
      return;
    }
    this.#byAckId.delete(ackId);
    delivery.ackId = undefined;
    this.#requeue(delivery);
  }

  /** Drops all messages and fails all receivers. */
  close(error: RpcError): void {
    for (const { lease } of this.#byAckId.values()) lease?.cancelEnd();
    this.#byAckId.clear();
    this.#unsettled = 0;
    for (const receiver of this.#receivers.splice(0)) receiver.fail(error);
  }

  #dispatch(): void {
    this.#isAwake = false;
    for (let receiver = this.#findReceiver(); receiver !== undefined; receiver = this.#findReceiver()) {
      const delivery = this.#waiting.shift();
      if (delivery === undefined) break;
      this.#send(delivery, receiver);
    }
    for (const receiver of this.#receivers) receiver.flush();
  }

  /** The next receiver with room, round-robin. */
  #findReceiver(): Receiver | undefined {
    const count = this.#receivers.length;
    for (let tried = 0; tried < count; tried += 1) {
      const receiver = this.#receivers[this.#turn % count];
      this.#turn = (this.#turn + 1) % count;
      if (receiver?.hasRoom()) return receiver;
    }
    return undefined;
  }

  #send(delivery: Delivery, receiver: Receiver): void {
    if (delivery.ackId !== undefined) this.#byAckId.delete(delivery.ackId);
    const ackId = this.#tools.ackIds.next();
    delivery.ackId = ackId;
    this.#byAckId.set(ackId, delivery);
    delivery.lease = { receiver, cancelEnd: this.#setEnd(delivery, receiver.ackDeadlineMs) };
    receiver.take({ ackId, message: delivery.message.wire }, delivery.message.bytes);
  }

  #setEnd(delivery: Delivery, delayMs: number): () => void {
    return this.#tools.clock.after(delayMs, () => this.#requeue(delivery));
  }

  #requeue(delivery: Delivery): void {
    this.#release(delivery);
    this.#waiting.push(delivery);
  }

  #release(delivery: Delivery): void {
    delivery.lease?.cancelEnd();
    delivery.lease?.receiver.release(delivery.message.bytes);
    delivery.lease = undefined;
    this.wake();
  }
}
