import type { AckIds } from "./ack-ids.ts";
import type { Clock } from "./clock.ts";
import { Fifo } from "./fifo.ts";
import type { StoredMessage } from "./message.ts";
import type { Receiver } from "./receiver.ts";
import type { RpcError } from "./rpc-error.ts";

/** One subscription's own copy of a message. */
interface Delivery {
  readonly message: StoredMessage;
  /** Of the last time that it was sent; it still counts after the lease's end, until the message is sent again. */
  ackId: string | undefined;
  /** Who has it, until when. */
  lease: { readonly receiver: Receiver; cancelEnd: () => void } | undefined;
}

/** What the backlogs of one server share. */
export interface BacklogTools {
  readonly clock: Clock;
  readonly ackIds: AckIds;
}

/** The messages one subscription has yet to see acked: who has them, until when, and who gets them next. */
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

  /** How many messages are yet to be acked. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Adds published messages. */
  add(messages: readonly StoredMessage[]): void {
    this.#unsettled += messages.length;
    for (const message of messages) this.#waiting.push({ message, ackId: undefined, lease: undefined });
    this.wake();
  }

  /** Lets a receiver share in the messages until it leaves. */
  join(receiver: Receiver): void {
    this.#receivers.push(receiver);
    this.wake();
  }

  /** Sends a receiver nothing more; what it holds comes back when its leases end. */
  leave(receiver: Receiver): void {
    const index = this.#receivers.indexOf(receiver);
    if (index !== -1) this.#receivers.splice(index, 1);
  }

  /** Sends what can be sent once the current turn is over, so that what happens together is sent together. */
  wake(): void {
    if (this.#isAwake || this.#receivers.length === 0) return;
    this.#isAwake = true;
    queueMicrotask(() => this.#dispatch());
  }

  /** Settles a delivery; one whose lease has ended counts as long as the message was not sent again. */
  acknowledge(ackId: string): void {
    const delivery = this.#byAckId.get(ackId);
    if (delivery === undefined) return;
    this.#byAckId.delete(ackId);
    delivery.ackId = undefined;
    this.#unsettled -= 1;
    if (delivery.lease === undefined) this.#waiting.remove(delivery);
    else this.#release(delivery);
  }

  /** Leases a delivery for so much longer, counted from now; 0 gives the message back. */
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
    this.#giveBack(delivery);
  }

  /** Drops every message and turns every receiver away. */
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

  /** The next one that has room, each in its turn. */
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
    return this.#tools.clock.after(delayMs, () => this.#giveBack(delivery));
  }

  #giveBack(delivery: Delivery): void {
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
