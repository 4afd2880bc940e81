import { getMessageText } from "./message-record.ts";
import type { ApnsHeaders, Delivery, LossReason, MessageRecord } from "./message-record.ts";

interface CommonMessage {
  readonly id: string;
  readonly acceptedAt: string;
  readonly delivery: Delivery;
  readonly reason?: LossReason;
}

/** One message that FCM accepted, for a test to read. */
export interface AcceptedFcmMessage extends CommonMessage {
  readonly channel: "fcm";
  readonly token: string | null;
  readonly fid?: string;
  /** The parsed message. */
  readonly message: unknown;
  /** The message as posted, character for character. */
  readonly messageText: string;
  /** For a send to a topic or condition: the number of installs. */
  readonly recipients?: number;
}

/** One VoIP push that APNs accepted, for a test to read. */
export interface AcceptedApnsMessage extends CommonMessage {
  readonly channel: "apns";
  /** The phone's FCM token: one phone's messages have one token, whatever channel they came by. */
  readonly token: string;
  readonly voipToken: string;
  readonly headers: ApnsHeaders;
  /** The parsed payload. */
  readonly payload: unknown;
  /** The payload as posted, character for character. */
  readonly payloadText: string;
  // What only FCM's messages have: code that knows no other may read it.
  readonly fid?: undefined;
  readonly message?: undefined;
  readonly messageText?: undefined;
  readonly recipients?: undefined;
}

/** One accepted message of either channel. */
export type AcceptedMessage = AcceptedFcmMessage | AcceptedApnsMessage;

/** Describes a record as the JavaScript API shows it. */
export function describeRecord(record: MessageRecord): AcceptedMessage {
  const { id, acceptedAt, delivery, reason } = record;
  const common = {
    id,
    acceptedAt: new Date(acceptedAt).toISOString(),
    delivery,
    ...(reason === undefined ? {} : { reason }),
  };
  if (record.channel === "apns") {
    const { channel, token, voipToken, headers, payloadText } = record;
    return { ...common, channel, token, voipToken, headers, payload: JSON.parse(payloadText), payloadText };
  }
  const { channel, token, fid, recipients } = record;
  const messageText = getMessageText(record);
  return {
    ...common,
    channel,
    token,
    ...(fid === undefined ? {} : { fid }),
    message: JSON.parse(messageText),
    messageText,
    ...(recipients === undefined ? {} : { recipients }),
  };
}
