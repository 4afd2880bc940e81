import { findFieldText } from "./json.ts";

/** What became of a message FCM took. */
export type Delivery = "delivered" | "stored" | "collapsed" | "expired";

/** Why a message will never be delivered. */
export type LossReason = "ttl" | "replaced" | "over_4_collapse_keys" | "over_100_stored" | "uninstalled";

/** One accepted send and what became of it. */
export interface MessageRecord {
  readonly id: string;
  /** The install it went to; null for a topic or condition. */
  readonly token: string | null;
  /** Set when the sender named the install by its Firebase Installation ID. */
  readonly fid?: string;
  /** Of a send to a topic or condition: how many installs it was for. */
  readonly recipients?: number;
  /** Of what an install gets of such a send: that send. */
  readonly copyOf?: MessageRecord;
  /** The request body as posted. */
  readonly requestText: string;
  /** Milliseconds since the Unix epoch. */
  readonly acceptedAt: number;
  readonly collapseKey: string | undefined;
  /** Milliseconds since the Unix epoch; from then on it is not delivered any more. */
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
