import type { Alarm } from "./alarms.ts";
import type { StoredMessage } from "./message.ts";
import type { Receiver } from "./receiver.ts";

/**
 * Where one subscription stands with one message:
 * `waiting` to be sent, `leased` to a receiver, `delayed` by the retry policy, or `acked`.
 */
export type DeliveryState = "waiting" | "leased" | "delayed" | "acked";

/** One subscription's own copy of a message. */
export interface Delivery {
  readonly message: StoredMessage;
  /** Set when the subscription orders messages and this one has a key. */
  readonly lane: Lane | undefined;
  /** Its place in the lane, from 0. */
  readonly place: number;
  state: DeliveryState;
  /** Nacks and missed deadlines so far. */
  failures: number;
  ackId: string | undefined;
  receiver: Receiver | undefined;
  /** The end of its lease or of its delay. */
  alarm: Alarm | undefined;
}

/**
 * The messages of one ordering key, in order, as Pub/Sub promises them: https://cloud.google.com/pubsub/docs/ordering
 *
 * Several may be out at once, but only with one receiver; when one fails, it and all behind it are sent again, acked or not.
 */
export class Lane {
  readonly key: string;
  /** Whether the lane stands in its backlog's queue. */
  queued = false;
  /** Whether the lane waits for its holder to get room. */
  parked = false;
  readonly #deliveries = new Map<number, Delivery>();
  #first = 0;
  #next = 0;
  #end = 0;
  #leased = 0;
  #holder: Receiver | undefined;

  constructor(key: string) {
    this.key = key;
  }

  get isEmpty(): boolean {
    return this.#first === this.#end;
  }

  /** The receiver that has messages of this key out, which alone may be sent more. */
  get holder(): Receiver | undefined {
    return this.#leased > 0 ? this.#holder : undefined;
  }

  append(message: StoredMessage): Delivery {
    const delivery: Delivery = {
      message,
      lane: this,
      place: this.#end,
      state: "waiting",
      failures: 0,
      ackId: undefined,
      receiver: undefined,
      alarm: undefined,
    };
    this.#deliveries.set(this.#end, delivery);
    this.#end += 1;
    return delivery;
  }

  /** The message whose turn it is, unless the retry policy holds it back. */
  findNext(): Delivery | undefined {
    const delivery = this.#deliveries.get(this.#next);
    return delivery?.state === "waiting" ? delivery : undefined;
  }

  /** Notes that the message whose turn it was went to a receiver. */
  advance(receiver: Receiver): void {
    this.#holder = receiver;
    this.#leased += 1;
    this.#next += 1;
  }

  /** Notes that a message is no longer with the holder. */
  release(): void {
    this.#leased -= 1;
  }

  /** Forgets the acked messages that no unacked one stands before. */
  trim(): void {
    while (this.#deliveries.get(this.#first)?.state === "acked") {
      this.#deliveries.delete(this.#first);
      this.#first += 1;
    }
    this.#next = Math.max(this.#next, this.#first);
  }

  /** Goes back to a failed message; returns those behind it that were out or acked and must go out again. */
  rewind(failed: Delivery): Delivery[] {
    const again: Delivery[] = [];
    for (let place = failed.place + 1; place < this.#next; place += 1) {
      const delivery = this.#deliveries.get(place);
      if (delivery !== undefined) again.push(delivery);
    }
    this.#next = failed.place;
    return again;
  }
}
