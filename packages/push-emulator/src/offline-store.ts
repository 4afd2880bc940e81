/**
 * The messages that FCM and APNs store for an offline phone.
 * https://firebase.google.com/docs/cloud-messaging/concept-options#collapsible_and_non-collapsible_messages
 * https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns
 */
import type { LossReason, MessageRecord } from "./message-record.ts";
import type { Platform } from "./registrations.ts";

/** FCM stores messages with at most this many collapse keys per registration. */
export const MAX_COLLAPSE_KEYS = 4;
/** With one more message without a collapse key, FCM discards all of them. */
export const MAX_STORED = 100;

/** The messages waiting for one phone, oldest first. */
export class OfflineStore {
  #waiting: MessageRecord[] = [];
  readonly #platform: Platform;
  readonly #onLoss: (record: MessageRecord) => void;

  /** `onLoss` is called for every message that will never be delivered, after its record is updated. */
  constructor(platform: Platform, onLoss: (record: MessageRecord) => void) {
    this.#platform = platform;
    this.#onLoss = onLoss;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Stores a message, or discards it or older ones as its channel would. */
  keep(record: MessageRecord, now: number): void {
    this.dropExpired(now);
    if (record.expiresAt <= now) return this.#lose([record], "ttl");
    // FCM's messages go to an iPhone by APNs, too.
    if (this.#platform === "ios") this.#keepNewest(record);
    else if (record.collapseKey === undefined) this.#keepPlain(record);
    else this.#keepCollapsible(record, record.collapseKey);
  }

  /** Removes and returns all messages that have not expired, oldest first. */
  takeAll(now: number): MessageRecord[] {
    this.dropExpired(now);
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /** Marks and removes expired messages. */
  dropExpired(now: number): void {
    if (this.#waiting.some(({ expiresAt }) => expiresAt <= now)) {
      this.#lose(
        this.#waiting.filter(({ expiresAt }) => expiresAt <= now),
        "ttl",
      );
    }
  }

  /** Discards all messages, for the given reason. */
  discard(reason: LossReason): void {
    this.#lose(this.#waiting, reason);
  }

  /** Deletes all messages as if they had never been sent. */
  clear(): void {
    this.#waiting = [];
  }

  /**
   * APNs stores one notification per app. Which one, it leaves open; it is mostly the newest, and here always. Whether a
   * VoIP push takes the place of an alert is not documented: here it does not.
   */
  #keepNewest(record: MessageRecord): void {
    this.#lose(
      this.#waiting.filter(({ channel }) => channel === record.channel),
      "replaced",
    );
    this.#waiting.push(record);
  }

  #keepPlain(record: MessageRecord): void {
    this.#waiting.push(record);
    const plain = this.#waiting.filter(({ collapseKey }) => collapseKey === undefined);
    if (plain.length > MAX_STORED) this.#lose(plain, "over_100_stored");
  }

  #keepCollapsible(record: MessageRecord, key: string): void {
    this.#lose(
      this.#waiting.filter(({ collapseKey }) => collapseKey === key),
      "replaced",
    );
    this.#waiting.push(record);
    const keyed = this.#waiting.filter(({ collapseKey }) => collapseKey !== undefined);
    // FCM documents only that it keeps four, not which; dropping the oldest makes tests repeatable.
    this.#lose(keyed.slice(0, Math.max(0, keyed.length - MAX_COLLAPSE_KEYS)), "over_4_collapse_keys");
  }

  #lose(lost: readonly MessageRecord[], reason: LossReason): void {
    if (lost.length === 0) return;
    const gone = new Set(lost);
    this.#waiting = this.#waiting.filter((record) => !gone.has(record));
    for (const record of lost) {
      record.delivery = reason === "replaced" || reason === "over_4_collapse_keys" ? "collapsed" : "expired";
      record.reason = reason;
      this.#onLoss(record);
    }
  }
}
