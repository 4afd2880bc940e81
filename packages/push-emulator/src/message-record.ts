import { findFieldText } from "./json.ts";

/** The service that a message came by. */
export type Channel = "fcm" | "apns";

/** The state of a message that was accepted. */
export type Delivery = "delivered" | "stored" | "collapsed" | "expired";

/** Why a message will never be delivered. */
export type LossReason = "ttl" | "replaced" | "over_4_collapse_keys" | "over_100_stored" | "uninstalled";

interface CommonRecord {
  readonly id: string;
  /** The FCM token of the install it went to; null for a topic or condition. */
  readonly token: string | null;
  /** Milliseconds since the Unix epoch. */
  readonly acceptedAt: number;
  readonly collapseKey: string | undefined;
  /** Milliseconds since the Unix epoch; it is not delivered at or after this time. */
  readonly expiresAt: number;
  delivery: Delivery;
  deliveredAt?: number;
  reason?: LossReason;
}

/** One send that FCM accepted, and its state. */
export interface FcmRecord extends CommonRecord {
  readonly channel: "fcm";
  /** Set when the sender named the install by its Firebase Installation ID. */
  readonly fid?: string;
  /** For a send to a topic or condition: the number of installs. */
  readonly recipients?: number;
  /** For an install's copy of such a send: that send. */
  readonly copyOf?: FcmRecord;
  /** The request body as posted. */
  readonly requestText: string;
}

/** The headers of a VoIP push that say how it is delivered. */
export interface ApnsHeaders {
  readonly apnsId: string;
  readonly topic: string;
  readonly pushType?: string;
  /** 10 if the sender named none, as at APNs. */
  readonly priority: number;
  /** Seconds since the Unix epoch; 0 means now or never. */
  readonly expiration?: number;
  readonly collapseId?: string;
}

/** One VoIP push that APNs accepted, and its state. */
export interface ApnsRecord extends CommonRecord {
  readonly channel: "apns";
  readonly token: string;
  readonly voipToken: string;
  readonly headers: ApnsHeaders;
  /** The payload as posted. */
  readonly payloadText: string;
}

/** One accepted send and its state. */
export type MessageRecord = FcmRecord | ApnsRecord;

/** The message as its sender wrote it, character for character. */
export function getMessageText(record: FcmRecord): string {
  return findFieldText(record.requestText, "message") ?? "null";
}

/** One record as JSON text, with the message or the payload spliced in as it was posted. */
export function formatRecord(record: MessageRecord): string {
  const { id, channel, token, acceptedAt, delivery, deliveredAt, reason } = record;
  const before = {
    id,
    channel,
    token,
    ...(record.channel === "fcm" ? { fid: record.fid } : { voipToken: record.voipToken, headers: record.headers }),
  };
  const content = record.channel === "fcm" ? `"message":${getMessageText(record)}` : `"payload":${record.payloadText}`;
  const after = {
    acceptedAt: new Date(acceptedAt).toISOString(),
    delivery,
    deliveredAt: deliveredAt === undefined ? undefined : new Date(deliveredAt).toISOString(),
    reason,
    recipients: record.channel === "fcm" ? record.recipients : undefined,
  };
  return `${JSON.stringify(before).slice(0, -1)},${content},${JSON.stringify(after).slice(1)}`;
}
