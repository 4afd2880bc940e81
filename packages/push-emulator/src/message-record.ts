import { findFieldText } from "./json.ts";

/** The state of a message that FCM accepted. */
export type Delivery = "delivered" | "stored" | "collapsed" | "expired";

/** Why a message will never be delivered. */
export type LossReason = "ttl" | "replaced" | "over_4_collapse_keys" | "over_100_stored" | "uninstalled";

/** One accepted send and its state. */
export interface MessageRecord {
  readonly id: string;
  /** The install it went to; null for a topic or condition. */
  readonly token: string | null;
  /** Set when the sender named the install by its Firebase Installation ID. */
  readonly fid?: string;
  /** For a send to a topic or condition: the number of installs. */
  readonly recipients?: number;
  /** For an install's copy of such a send: that send. */
  readonly copyOf?: MessageRecord;
  /** The request body as posted. */
  readonly requestText: string;
  /** Milliseconds since the Unix epoch. */
  readonly acceptedAt: number;
  readonly collapseKey: string | undefined;
  /** Milliseconds since the Unix epoch; it is not delivered at or after this time. */
  readonly expiresAt: number;
  delivery: Delivery;
  deliveredAt?: number;
  reason?: LossReason;
}

/** The message as its sender wrote it, character for character. */
export function getMessageText(record: MessageRecord): string {
  return findFieldText(record.requestText, "message") ?? "null";
}

/** One record as JSON text, with the message spliced in as it was posted. */
export function formatRecord(record: MessageRecord): string {
  const { id, token, fid, recipients, acceptedAt, delivery, deliveredAt, reason } = record;
  const before = JSON.stringify({ id, token, fid });
  const after = JSON.stringify({
    acceptedAt: new Date(acceptedAt).toISOString(),
    delivery,
    deliveredAt: deliveredAt === undefined ? undefined : new Date(deliveredAt).toISOString(),
    reason,
    recipients,
  });
  return `${before.slice(0, -1)},"message":${getMessageText(record)},${after.slice(1)}`;
}
