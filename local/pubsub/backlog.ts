import type { AckIds } from "./ack-ids.ts";
import type { Alarms } from "./alarms.ts";
import type { Clock } from "./clock.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Lane, type Delivery } from "./lane.ts";
import type { StoredMessage } from "./message.ts";
import type { Receiver } from "./receiver.ts";
import type { RpcError } from "./rpc-error.ts";

/** How one subscription treats its messages. */
export interface BacklogPolicy {
  readonly ordered: boolean;
  readonly retentionMs: number;
  /** Wait before a failed message goes out again, doubled with each failure. */
  readonly backoff: { readonly minMs: number; readonly maxMs: number } | undefined;
  readonly deadLetter: DeadLetter | undefined;
}

/** Where a message goes that failed too often. */
export interface DeadLetter {
  readonly maxAttempts: number;
  /** False when it could not be moved, and so must stay. */
  forward(message: StoredMessage, attempts: number): boolean;
}

/** What the backlogs of one server share. */
export interface BacklogTools {
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly ackIds: AckIds;
}

/** The messages one subscription has yet to see acked: who has them, until when, and who gets them next. */
export class Backlog {
  policy: BacklogPolicy;
  readonly #tools: BacklogTools;
  readonly #dispatcher: Dispatcher;
  readonly #lanes = new Map<string, Lane>();
  readonly #byAckId = new Map<string, Delivery>();
  #unsettled = 0;

  constructor(tools: BacklogTools, policy: BacklogPolicy) {
    this.policy = policy;
    this.#tools = tools;
    this.#dispatcher = new Dispatcher((delivery, receiver) => this.#lease(delivery, receiver));
  }

  /** How many messages are yet to be acked. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Adds published messages. */
  add(messages: readonly StoredMessage[]): void {
    this.#unsettled += messages.length;
    for (const message of messages) this.#dispatcher.offer(this.#buildDelivery(message));
  }

  /** Lets a receiver share in the messages until it is removed. */
  join(receiver: Receiver): void {
    this.#dispatcher.join(receiver);
  }

  /** Sends a receiver nothing more; what it holds comes back when its leases end. */
  leave(receiver: Receiver): void {
    this.#dispatcher.leave(receiver);
  }

  /** Sends what can be sent now instead of at the end of the current turn. */
  dispatch(): void {
    this.#dispatcher.dispatch();
  }

  /** Looks for more to send, after a receiver got room. */
  wake(): void {
    this.#dispatcher.wake();
  }

  /** Settles a delivery; one whose lease ended counts as long as nobody was sent the message again. */
  acknowledge(ackId: string): void {
    const delivery = this.#byAckId.get(ackId);
    if (delivery === undefined) return;
    this.#release(delivery);
    this.#settle(delivery);
  }

  /** Leases a delivery for so much longer, counted from now; 0 gives the message back. */
  modifyDeadline(ackId: string, deadlineMs: number): void {
    const delivery = this.#byAckId.get(ackId);
    if (delivery?.state !== "leased") return;
    if (deadlineMs === 0) {
      this.#forgetAckId(delivery);
      this.#fail(delivery);
      return;
    }
    this.#setAlarm(delivery, deadlineMs, () => {
      this.#fail(delivery);
    });
  }

  /** Drops every message and turns every receiver away. */
  close(error: RpcError): void {
    this.#dispatcher.close(error);
    for (const delivery of this.#byAckId.values()) this.#cancelAlarm(delivery);
    this.#byAckId.clear();
    this.#lanes.clear();
    this.#unsettled = 0;
  }

  #buildDelivery(message: StoredMessage): Delivery {
    if (this.policy.ordered && message.orderingKey !== "") return this.#getLane(message.orderingKey).append(message);
    return {
      message,
      lane: undefined,
      place: 0,
      state: "waiting",
      failures: 0,
      ackId: undefined,
      receiver: undefined,
      alarm: undefined,
    };
  }

  #getLane(key: string): Lane {
    const lane = this.#lanes.get(key) ?? new Lane(key);
    this.#lanes.set(key, lane);
    return lane;
  }

  #lease(delivery: Delivery, receiver: Receiver): boolean {
    const { message } = delivery;
    this.#forgetAckId(delivery);
    if (message.publishedAt + this.policy.retentionMs <= this.#tools.clock.now()) {
      this.#settle(delivery);
      return false;
    }
    delivery.state = "leased";
    delivery.receiver = receiver;
    delivery.ackId = this.#tools.ackIds.next();
    this.#byAckId.set(delivery.ackId, delivery);
    this.#setAlarm(delivery, receiver.ackDeadlineMs, () => {
      this.#fail(delivery);
    });
    const deliveryAttempt = this.policy.deadLetter === undefined ? 0 : delivery.failures + 1;
    receiver.take({ ackId: delivery.ackId, message: message.wire, deliveryAttempt }, message.bytes);
    return true;
  }

  #fail(delivery: Delivery): void {
    this.#release(delivery);
    // In a lane the later ones go out again too, so a late ack could leave a hole in the order.
    if (delivery.lane !== undefined) this.#forgetAckId(delivery);
    delivery.failures += 1;
    const { deadLetter, backoff } = this.policy;
    if (deadLetter && delivery.failures >= deadLetter.maxAttempts) {
      if (deadLetter.forward(delivery.message, delivery.failures)) {
        this.#settle(delivery);
        return;
      }
    }
    for (const later of delivery.lane?.rewind(delivery) ?? []) {
      this.#release(later);
      this.#forgetAckId(later);
      later.state = "waiting";
    }
    delivery.state = "waiting";
    if (backoff === undefined) this.#dispatcher.offer(delivery);
    else this.#delay(delivery, Math.min(backoff.maxMs, backoff.minMs * 2 ** (delivery.failures - 1)));
  }

  #delay(delivery: Delivery, delayMs: number): void {
    delivery.state = "delayed";
    this.#setAlarm(delivery, delayMs, () => {
      delivery.state = "waiting";
      this.#dispatcher.offer(delivery);
    });
  }

  #settle(delivery: Delivery): void {
    this.#forgetAckId(delivery);
    delivery.state = "acked";
    this.#unsettled -= 1;
    const { lane } = delivery;
    if (lane === undefined) return;
    lane.trim();
    if (lane.isEmpty) this.#lanes.delete(lane.key);
    else this.#dispatcher.offerLane(lane);
  }

  #release(delivery: Delivery): void {
    this.#cancelAlarm(delivery);
    if (delivery.state !== "leased") return;
    delivery.state = "waiting";
    delivery.lane?.release();
    delivery.receiver?.release(delivery.message.bytes);
    delivery.receiver = undefined;
    this.#dispatcher.wake();
  }

  #setAlarm(delivery: Delivery, delayMs: number, ring: () => void): void {
    this.#cancelAlarm(delivery);
    delivery.alarm = this.#tools.alarms.set(delayMs, ring);
  }

  #cancelAlarm(delivery: Delivery): void {
    if (delivery.alarm !== undefined) this.#tools.alarms.cancel(delivery.alarm);
    delivery.alarm = undefined;
  }

  #forgetAckId(delivery: Delivery): void {
    if (delivery.ackId !== undefined) this.#byAckId.delete(delivery.ackId);
    delivery.ackId = undefined;
  }
}
