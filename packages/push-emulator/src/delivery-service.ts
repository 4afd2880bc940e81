import { randomBytes } from "node:crypto";

import type { EmulatorClock } from "./clock.ts";
import { findText } from "./fcm-message.ts";
import type { JsonObject } from "./json.ts";
import { computeExpiry, findCollapseKey } from "./lifetime.ts";
import { EVERYTHING, nameChannel } from "./live-feed.ts";
import type { LiveFeed } from "./live-feed.ts";
import type { MessageLog } from "./message-log.ts";
import { formatRecord } from "./message-record.ts";
import type { MessageRecord } from "./message-record.ts";
import { OfflineStore } from "./offline-store.ts";
import type { Registration, RegistrationState, Registrations } from "./registrations.ts";
import type { Topics } from "./topics.ts";

/** Accepts messages, delivers them to online phones and stores them for offline ones. */
export class DeliveryService {
  readonly #clock: EmulatorClock;
  readonly #topics: Topics;
  readonly #registrations: Registrations;
  readonly #log: MessageLog;
  readonly #feed: LiveFeed;
  readonly #stores = new Map<string, OfflineStore>();
  readonly #idSuffix = randomBytes(8).toString("hex");
  #lastMicros = 0;

  constructor(clock: EmulatorClock, topics: Topics, registrations: Registrations, log: MessageLog, feed: LiveFeed) {
    this.#clock = clock;
    this.#topics = topics;
    this.#registrations = registrations;
    this.#log = log;
    this.#feed = feed;
  }

  /** Accepts a message for an install, or for the installs of its topic or condition; returns its id. */
  accept(message: JsonObject, registration: Registration | undefined, requestText: string): string {
    const now = this.#clock.now();
    const fid = findText(message, "fid");
    const record: MessageRecord = {
      id: this.#createId(now),
      requestText,
      acceptedAt: now,
      ...addressTo(message, registration, now),
      ...(fid === undefined ? {} : { fid }),
    };
    if (registration === undefined) this.#fanOut(message, record);
    else {
      this.#log.add(record);
      this.#deliverOrStore(record, registration);
    }
    return record.id;
  }

  #fanOut(message: JsonObject, send: MessageRecord): void {
    const audience = this.#topics.findAudience(message);
    const record: MessageRecord = { ...send, recipients: audience.length };
    this.#log.add(record);
    this.#deliver(record, record.acceptedAt);
    for (const registration of audience) {
      const copy = { ...send, ...addressTo(message, registration, send.acceptedAt), copyOf: record };
      this.#log.addCopy(copy);
      this.#deliverOrStore(copy, registration);
    }
  }

  /** Delivers a message, or stores it if its phone is offline. */
  #deliverOrStore(record: MessageRecord, { token, state }: Registration): void {
    if (state !== "offline") return this.#deliver(record, record.acceptedAt);
    this.#getStore(token).keep(record, record.acceptedAt);
    // For a message lost at once, the loss has already been reported.
    if (record.delivery === "stored") this.#tell(record);
  }

  /**
   * Changes an install's state. If it comes online its stored messages are delivered, if it is uninstalled they are
   * discarded.
   */
  setState(address: string, state: RegistrationState): Registration {
    const registration = this.#registrations.setState(address, state);
    const store = this.#stores.get(registration.token);
    if (store !== undefined && state !== "offline") {
      const now = this.#clock.now();
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

  /** Updates the records to the current time: stored messages past their TTL are marked as expired. */
  settle(): void {
    const now = this.#clock.now();
    for (const store of this.#stores.values()) store.dropExpired(now);
  }

  /** Deletes the messages of one token, or all of them, stored ones too, and returns how many. */
  clear(token?: string): number {
    for (const [owner, store] of this.#stores) if (token === undefined || owner === token) store.clear();
    const cleared = this.#log.clear(token);
    if (this.#feed.isHeard(EVERYTHING)) this.#feed.tell(EVERYTHING, "cleared", JSON.stringify({ token }));
    return cleared;
  }

  #deliver(record: MessageRecord, now: number): void {
    record.delivery = "delivered";
    if (record.token !== null) record.deliveredAt = now;
    this.#tell(record);
    if (record.token !== null && this.#feed.isHeard(nameChannel(record.token))) {
      this.#feed.tell(nameChannel(record.token), "message", formatRecord(record));
    }
  }

  #tell(record: MessageRecord): void {
    // The send itself was reported once for all its recipients.
    if (record.copyOf !== undefined) return;
    if (this.#feed.isHeard(EVERYTHING)) this.#feed.tell(EVERYTHING, "message", formatRecord(record));
  }

  #getStore(token: string): OfflineStore {
    const store = this.#stores.get(token) ?? new OfflineStore((record) => this.#tell(record));
    this.#stores.set(token, store);
    return store;
  }

  /**
   * FCM's ids are `0:` and the time in microseconds. The microseconds keep ids unique even if the clock stands still.
   */
  #createId(now: number): string {
    this.#lastMicros = Math.max(this.#lastMicros + 1, now * 1000);
    return `0:${this.#lastMicros}%${this.#idSuffix}`;
  }
}

/** The fields of a record that depend on its install. */
function addressTo(
  message: JsonObject,
  registration: Registration | undefined,
  now: number,
): Pick<MessageRecord, "token" | "collapseKey" | "expiresAt" | "delivery"> {
  const platform = registration?.platform ?? "android";
  return {
    token: registration?.token ?? null,
    collapseKey: findCollapseKey(message, platform),
    expiresAt: computeExpiry(message, platform, now),
    delivery: "stored",
  };
}
