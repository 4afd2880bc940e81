import { Fifo } from "./fifo.ts";
import { Lane, type Delivery } from "./lane.ts";
import type { Receiver } from "./receiver.ts";
import type { RpcError } from "./rpc-error.ts";

/** Hands a message to a receiver; false when the message turned out to be past sending. */
export type Lease = (delivery: Delivery, receiver: Receiver) => boolean;

/** Brings the messages that wait together with the receivers that have room, each receiver in its turn. */
export class Dispatcher {
  readonly #lease: Lease;
  readonly #ready = new Fifo<Delivery | Lane>();
  readonly #receivers: Receiver[] = [];
  readonly #parked = new Map<Receiver, Fifo<Lane>>();
  #turn = 0;
  #awake = false;

  constructor(lease: Lease) {
    this.#lease = lease;
  }

  /** Queues a message that waits. */
  offer(delivery: Delivery): void {
    if (delivery.lane !== undefined) {
      this.offerLane(delivery.lane);
      return;
    }
    this.#ready.push(delivery);
    this.wake();
  }

  /** Queues a lane, if it has a message to send and is not queued yet. */
  offerLane(lane: Lane): void {
    if (lane.queued || lane.findNext() === undefined) return;
    lane.queued = true;
    this.#ready.push(lane);
    this.wake();
  }

  join(receiver: Receiver): void {
    this.#receivers.push(receiver);
    this.wake();
  }

  leave(receiver: Receiver): void {
    const index = this.#receivers.indexOf(receiver);
    if (index !== -1) this.#receivers.splice(index, 1);
    const lanes = this.#parked.get(receiver);
    this.#parked.delete(receiver);
    for (let lane = lanes?.shift(); lane !== undefined; lane = lanes?.shift()) {
      lane.parked = false;
      this.offerLane(lane);
    }
  }

  /** Dispatches once the current turn is over, so that what happens together is sent together. */
  wake(): void {
    if (this.#awake || this.#receivers.length === 0) return;
    this.#awake = true;
    queueMicrotask(() => {
      if (this.#awake) this.dispatch();
    });
  }

  dispatch(): void {
    for (const [receiver, lanes] of this.#parked) this.#unpark(receiver, lanes);
    while (this.#ready.size > 0) {
      const receiver = this.#findReceiver();
      if (receiver === undefined) break;
      const next = this.#ready.shift();
      if (next instanceof Lane) this.#serveLane(next, receiver);
      else if (next?.state === "waiting") this.#lease(next, receiver);
    }
    this.#awake = false;
    // A copy, because a Pull leaves as soon as it has its answer.
    for (const receiver of this.#receivers.slice()) receiver.flush();
  }

  close(error: RpcError): void {
    for (const receiver of this.#receivers.splice(0)) receiver.fail(error);
    this.#parked.clear();
  }

  #findReceiver(): Receiver | undefined {
    const count = this.#receivers.length;
    for (let tried = 0; tried < count; tried += 1) {
      const receiver = this.#receivers[this.#turn % count];
      this.#turn = (this.#turn + 1) % count;
      if (receiver?.hasRoom()) return receiver;
    }
    return undefined;
  }

  #serveLane(lane: Lane, receiver: Receiver): void {
    lane.queued = false;
    const target = lane.holder ?? receiver;
    // A holder that left keeps the lane until its leases end; each end offers the lane again.
    if (!this.#receivers.includes(target)) return;
    if (target.hasRoom()) this.#sendNext(lane, target);
    else this.#park(lane, target);
  }

  #sendNext(lane: Lane, receiver: Receiver): void {
    const delivery = lane.findNext();
    if (delivery === undefined) return;
    if (this.#lease(delivery, receiver)) lane.advance(receiver);
    this.offerLane(lane);
  }

  #park(lane: Lane, receiver: Receiver): void {
    if (lane.parked) return;
    lane.parked = true;
    const lanes = this.#parked.get(receiver) ?? new Fifo<Lane>();
    lanes.push(lane);
    this.#parked.set(receiver, lanes);
  }

  #unpark(receiver: Receiver, lanes: Fifo<Lane>): void {
    while (lanes.size > 0 && receiver.hasRoom()) {
      const lane = lanes.shift();
      if (lane === undefined) break;
      lane.parked = false;
      if (lane.queued) continue;
      if (lane.holder === receiver) this.#sendNext(lane, receiver);
      else this.offerLane(lane);
    }
    if (lanes.size === 0) this.#parked.delete(receiver);
  }
}
