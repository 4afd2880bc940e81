import type { Aps, FcmMessage, Target } from "./message.ts";

/**
 * FCM's limit of key and value bytes for one registration;
 * https://firebase.google.com/docs/cloud-messaging/customize-messages/set-message-type
 */
const maxPayloadBytes = 4096;

/** FCM's limit of key and value bytes for an FCM topic. */
const maxTopicPayloadBytes = 2048;

/**
 * APNs' limit of JSON bytes;
 * https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification
 */
const maxApnsBytes = 4096;

/** Says which limit a message exceeds and by how much; undefined if both FCM and APNs accept it. */
export function explainOversize(message: FcmMessage, target: Pick<Target, "kind">): string | undefined {
  const limit = target.kind === "fcmTopic" ? maxTopicPayloadBytes : maxPayloadBytes;
  const bytes = countPayloadBytes(message);
  if (bytes > limit) return `must have at most ${limit} bytes of keys and values for FCM, not ${bytes}`;
  const json = countApnsBytes(message);
  if (json > maxApnsBytes) return `must have at most ${maxApnsBytes} bytes as JSON for APNs, not ${json}`;
  return undefined;
}

/**
 * The size of a message's keys and values in UTF-8 bytes, for the platform where it is largest.
 *
 * FCM documents a limit for the keys and values of `data` and `notification` but not for the platform parts. Those
 * travel to the device too, so they count here: a message within this limit is within FCM's.
 */
export function countPayloadBytes({ data, notification, android, android_v2, apns }: FcmMessage): number {
  const aps = apns?.payload.aps;
  const drawn = android?.notification ?? android_v2?.remote_notification.notification;
  const onAndroid = countBytes({ ...notification, ...drawn });
  // An alert in `aps` replaces the notification on iOS; counting both would count every text twice.
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

/**
 * The size of the APNs payload that FCM makes of a message: JSON with the data beside `aps`, so that a quotation mark
 * counts twice and a control character six times. Every message is checked: a token does not show its platform, and FCM
 * makes this payload also of a message without an `apns` part.
 */
export function countApnsBytes({ data, notification, apns }: FcmMessage): number {
  const aps = buildAps(apns?.payload.aps, notification);
  return Buffer.byteLength(JSON.stringify({ ...data, ...(aps !== undefined && { aps }) }));
}

function buildAps(aps: Aps | undefined, notification: FcmMessage["notification"]): object | undefined {
  if (notification === undefined || aps?.alert !== undefined) return aps;
  return { ...aps, alert: notification };
}
