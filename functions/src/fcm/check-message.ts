import type { FcmMessage, Target } from "./message.ts";

/** Bytes of payload FCM takes for one registration; https://firebase.google.com/docs/cloud-messaging/customize-messages/set-message-type */
export const maxPayloadBytes = 4096;

/** Bytes of payload FCM takes for a topic. */
export const maxTopicPayloadBytes = 2048;

/** One reason why FCM would refuse a message; `path` points into it, as in `data.from`. */
export interface MessageIssue {
  readonly code: "payload_too_large" | "reserved_key" | "invalid_value";
  readonly path: string;
  readonly message: string;
}

/** Finds everything FCM would refuse in a message before it is sent; nothing found means FCM will take its shape. */
export function checkMessage(message: FcmMessage, target: Pick<Target, "kind">): readonly MessageIssue[] {
  const limit = target.kind === "fcmTopic" ? maxTopicPayloadBytes : maxPayloadBytes;
  const bytes = countPayloadBytes(message);
  const issues = Object.entries(message.data ?? {}).flatMap(([key, value]) => checkDatum(key, value));
  if (bytes <= limit) return issues;
  const text = `The payload has ${bytes} bytes; FCM takes ${limit}`;
  return [
    ...issues,
    { code: "payload_too_large", path: message.data === undefined ? "notification" : "data", message: text },
  ];
}

/**
 * The payload of a message in UTF-8 bytes, as large as its largest platform sees it.
 *
 * FCM documents a limit on the keys and values of `data` and `notification` and is silent about the platform parts.
 * They travel to the device all the same, so they count here: what passes this count passes FCM's.
 */
export function countPayloadBytes({ data, notification, android, apns }: FcmMessage): number {
  const aps = apns?.payload.aps;
  const onAndroid = countBytes({ ...notification, ...android?.notification });
  // An alert in `aps` takes the place of the notification on iOS; counting both would count every text twice.
  const onApple = countBytes({ aps }) + (aps?.alert === undefined ? countBytes(notification) : 0);
  return countBytes(data) + Math.max(onAndroid, onApple);
}

function countBytes(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== "object") return Buffer.byteLength(typeof value === "string" ? value : JSON.stringify(value));
  return Object.entries(value).reduce((sum, [key, inner]) => {
    return inner === undefined ? sum : sum + Buffer.byteLength(key) + countBytes(inner);
  }, 0);
}

function checkDatum(key: string, value: unknown): MessageIssue[] {
  const path = `data.${key}`;
  if (isReserved(key)) {
    return [{ code: "reserved_key", path, message: `FCM keeps the key ${JSON.stringify(key)} to itself` }];
  }
  if (typeof value !== "string") {
    return [{ code: "invalid_value", path, message: "FCM carries strings only" }];
  }
  return [];
}

// FCM and its SDKs write these keys into what the phone receives (sender, kind, analytics); one of ours would be mistaken
// for theirs, so FCM refuses the whole message with 400.
function isReserved(key: string): boolean {
  return key === "from" || key === "message_type" || key.startsWith("google.") || key.startsWith("gcm.");
}
