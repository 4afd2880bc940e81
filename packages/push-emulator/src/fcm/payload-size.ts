import { getAndroidPart, getPart } from "./message.ts";
import { isJsonObject } from "../json.ts";
import type { JsonObject } from "../json.ts";
import type { Platform } from "../registrations.ts";

/**
 * FCM's limit of key and value bytes for one registration;
 * https://firebase.google.com/docs/cloud-messaging/customize-messages/set-message-type
 */
export const MAX_PAYLOAD_BYTES = 4096;
/** The same for a message to an FCM topic. */
export const MAX_TOPIC_PAYLOAD_BYTES = 2048;
/**
 * APNs' limit of JSON bytes;
 * https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification
 */
export const MAX_APNS_BYTES = 4096;

const PLATFORMS: readonly Platform[] = ["android", "ios", "web"];

/** Whether a message is too large for a phone of this platform; a topic's phones may be of any platform. */
export function isPayloadTooLarge(message: JsonObject, platform: Platform | "any"): boolean {
  if (platform === "any") return PLATFORMS.some((one) => exceeds(message, one, MAX_TOPIC_PAYLOAD_BYTES));
  return exceeds(message, platform, MAX_PAYLOAD_BYTES);
}

function exceeds(message: JsonObject, platform: Platform, limit: number): boolean {
  if (WEIGHERS[platform](message) > limit) return true;
  return platform === "ios" && weighApns(message) > MAX_APNS_BYTES;
}

/** The payload size per platform, as FCM counts it. */
const WEIGHERS: Readonly<Record<Platform, (message: JsonObject) => number>> = {
  android(message) {
    const android = getAndroidPart(message);
    const urgent = getPart(android, "remote_notification", "remoteNotification");
    const own = { ...getPart(android, "notification"), ...getPart(urgent, "notification") };
    const notification = { ...getPart(message, "notification"), ...own };
    return weighData(message, android) + weigh(notification);
  },
  ios(message) {
    const payload = getPart(getPart(message, "apns"), "payload");
    const hasAlert = getPart(payload, "aps")["alert"] !== undefined;
    const notification = hasAlert ? {} : getPart(message, "notification");
    return weighData(message, {}) + weigh(payload) + weigh(notification);
  },
  web(message) {
    const webpush = getPart(message, "webpush");
    const notification = { ...getPart(message, "notification"), ...getPart(webpush, "notification") };
    return weighData(message, webpush) + weigh(notification);
  },
};

/** A platform's own data replaces the common data. */
function weighData(message: JsonObject, part: JsonObject): number {
  return weigh(getPart(isJsonObject(part["data"]) ? part : message, "data"));
}

/**
 * The size of the JSON that FCM sends to APNs for a message: the payload with the data beside it, and a notification as
 * its alert.
 */
function weighApns(message: JsonObject): number {
  const payload = getPart(getPart(message, "apns"), "payload");
  const notification = getPart(message, "notification");
  const aps = getPart(payload, "aps");
  const alerted = Object.keys(notification).length > 0 && aps["alert"] === undefined;
  const shown = alerted ? { aps: { ...aps, alert: notification } } : {};
  return weighJson({ ...getPart(message, "data"), ...payload, ...shown });
}

/** The bytes of keys and values in UTF-8, without JSON's punctuation. */
function weigh(value: unknown): number {
  return sumOver(value, {
    text: (text) => Buffer.byteLength(text),
    container: () => 0,
  });
}

/** The bytes of `JSON.stringify`. */
function weighJson(value: unknown): number {
  return sumOver(value, {
    text: (text) => Buffer.byteLength(JSON.stringify(text)),
    // Brackets, the commas between, and in an object a colon for each key.
    container: (items, hasKeys) => 2 + Math.max(0, items - 1) + (hasKeys ? items : 0),
  });
}

interface Weights {
  readonly text: (text: string) => number;
  readonly container: (items: number, hasKeys: boolean) => number;
}

/** Iterates with its own stack: a hostile payload may be nested deeper than the call stack allows. */
function sumOver(value: unknown, { text, container }: Weights): number {
  let bytes = 0;
  const waiting: unknown[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === "object" && next !== null) {
      const hasKeys = !Array.isArray(next);
      const entries = Object.entries(next);
      bytes += container(entries.length, hasKeys);
      for (const [key, inner] of entries) {
        if (hasKeys) bytes += text(key);
        waiting.push(inner);
      }
    } else bytes += typeof next === "string" ? text(next) : Buffer.byteLength(JSON.stringify(next));
  }
  return bytes;
}
