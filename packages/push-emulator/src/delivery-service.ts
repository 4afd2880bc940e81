import { randomBytes } from "node:crypto";

import type { EmulatorClock } from "./clock.ts";
import { EVERYTHING, namePhone } from "./live-feed.ts";
import type { LiveFeed } from "./live-feed.ts";
import type { MessageLog } from "./message-log.ts";
import { formatRecord } from "./message-record.ts";
import type { FcmRecord, MessageRecord } from "./message-record.ts";
import { OfflineStore } from "./offline-store.ts";
import type { Registration, RegistrationState, Registrations } from "./registrations.ts";

/** One install's copy of a send to many. */
export interface AddressedCopy {
  readonly copy: FcmRecord & { readonly copyOf: FcmRecord };
  readonly registration: Registration;
}

/** Records accepted messages of both channels, delivers them to online phones and stores them for offline ones. */
export class DeliveryService {
  readonly #clock: EmulatorClock;
  readonly #registrations: Registrations;
  readonly #log: MessageLog;
  readonly #feed: LiveFeed;
  readonly #stores = new Map<string, OfflineStore>();
  readonly #idSuffix = randomBytes(8).toString("hex");
  #lastMicros = 0;

  constructor(clock: EmulatorClock, registrations: Registrations, log: MessageLog, feed: LiveFeed) {
    this.#clock = clock;
    this.#registrations = registrations;
    this.#log = log;
    this.#feed = feed;
  }

  /**
   * A new message's id. FCM's are `0:` and the time in microseconds, which keep them unique even if the clock stands
   * still.
   */
  createId(now: number): string {
    this.#lastMicros = Math.max(this.#lastMicros + 1, now * 1000);
    return `0:${this.#lastMicros}%${this.#idSuffix}`;
  }

  /** Accepts a message for one install. */
  accept(record: MessageRecord, registration: Registration): void {
    this.#log.add(record);
    this.#deliverOrStore(record, registration);
  }

  /** Accepts a message for many installs, with a copy for each. */
  acceptForMany(send: FcmRecord, copies: readonly AddressedCopy[]): void {
    this.#log.add(send);
    this.#deliver(send, send.acceptedAt);
    for (const { copy, registration } of copies) {
      this.#log.addCopy(copy);
      this.#deliverOrStore(copy, registration);
    }
  }

  /** Delivers a message, or stores it if its phone is offline. */
  #deliverOrStore(record: MessageRecord, registration: Registration): void {
    if (registration.state !== "offline") return this.#deliver(record, record.acceptedAt);
    this.#getStore(registration).keep(record, record.acceptedAt);
    // For a message lost at once, the loss has already been reported.
    if (record.delivery === "stored") this.#tell(record);
  }

  /**
   * Changes an install's state. If it comes online its stored messages are delivered, if it is uninstalled they are
   * discarded.
   */
  setState(address: string, state: RegistrationState): Registration {
    const now = this.#clock.now();
    const registration = this.#registrations.setState(address, state, now);
    const store = this.#stores.get(registration.token);
    if (store !== undefined && state !== "offline") {
      if (state === "online") for (const record of store.takeAll(now)) this.#deliver(record, now);
      else store.discard("uninstalled");
      this.#stores.delete(registration.token);
    }
    this.tellChanged(registration);
    return registration;
  }

  /** Tells the listeners that an install is new or has changed. */
  tellChanged(registration: Registration): void {
    if (this.#feed.isHeard(EVERYTHING)) this.#feed.tell(EVERYTHING, "registration", JSON.stringify(registration));
  }

  /** The messages of one install, named by any of its addresses, or all of them, with their state at this moment. */
  list(address?: string, limit?: number): readonly MessageRecord[] {
    const now = this.#clock.now();
    for (const store of this.#stores.values()) store.dropExpired(now);
    return this.#log.list(this.#findToken(address), limit);
  }

  /** Deletes the messages of one install, or all of them, stored ones too, and returns how many. */
  clear(address?: string): number {
    const token = this.#findToken(address);
    for (const [owner, store] of this.#stores) if (token === undefined || owner === token) store.clear();
    const cleared = this.#log.clear(token);
    if (this.#feed.isHeard(EVERYTHING)) this.#feed.tell(EVERYTHING, "cleared", JSON.stringify({ token }));
    return cleared;
  }

  /** The token of an install; an unknown address stands for itself, and no message has it. */
  #findToken(address: string | undefined): string | undefined {
    return address === undefined ? undefined : (this.#registrations.find(address)?.token ?? address);
  }

  #deliver(record: MessageRecord, now: number): void {
    record.delivery = "delivered";
    if (record.token !== null) record.deliveredAt = now;
    this.#tell(record);
    if (record.token !== null && this.#feed.isHeard(namePhone(record.token))) {
      this.#feed.tell(namePhone(record.token), "message", formatRecord(record));
    }
  }

  #tell(record: MessageRecord): void {
    // The send itself was reported once for all its recipients.
    if (record.channel === "fcm" && record.copyOf !== undefined) return;
    if (this.#feed.isHeard(EVERYTHING)) this.#feed.tell(EVERYTHING, "message", formatRecord(record));
  }

  #getStore({ token, platform }: Registration): OfflineStore {
    const store = this.#stores.get(token) ?? new OfflineStore(platform, (record) => this.#tell(record));
    this.#stores.set(token, store);
    return store;
  }
}
