import type { Aps, FcmMessage, Target } from "./message.ts";

/** Bytes of keys and values FCM takes for one registration; https://firebase.google.com/docs/cloud-messaging/customize-messages/set-message-type */
const maxPayloadBytes = 4096;

/** Bytes of keys and values FCM takes for a topic. */
const maxTopicPayloadBytes = 2048;

/** Bytes of JSON APNs takes; https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification */
const maxApnsBytes = 4096;

/** Says by which count a message is too large, and by how much; undefined when both FCM and APNs take it. */
export function explainOversize(message: FcmMessage, target: Pick<Target, "kind">): string | undefined {
  const limit = target.kind === "fcmTopic" ? maxTopicPayloadBytes : maxPayloadBytes;
  const bytes = countPayloadBytes(message);
  if (bytes > limit) return `must have at most ${limit} bytes of keys and values for FCM, not ${bytes}`;
  const json = countApnsBytes(message);
  if (json > maxApnsBytes) return `must have at most ${maxApnsBytes} bytes as JSON for APNs, not ${json}`;
  return undefined;
}

/**
 * The keys and values of a message in UTF-8 bytes, as many as its largest platform sees.
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

/**
 * The bytes of what FCM makes of a message for APNs: JSON with the data beside `aps`, so that a quotation mark counts twice
 * and a control character six times. Counted for every message: a token does not say which platform it is of, and FCM
 * makes such a payload of a message without an `apns` part as well.
 */
export function countApnsBytes({ data, notification, apns }: FcmMessage): number {
  const aps = buildAps(apns?.payload.aps, notification);
  return Buffer.byteLength(JSON.stringify({ ...data, ...(aps !== undefined && { aps }) }));
}

function buildAps(aps: Aps | undefined, notification: FcmMessage["notification"]): object | undefined {
  if (notification === undefined || aps?.alert !== undefined) return aps;
  return { ...aps, alert: notification };
}
