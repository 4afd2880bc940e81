import { getAndroidPart, getPart } from "./fcm-message.ts";
import type { Platform } from "./fcm-message.ts";
import { isJsonObject } from "./json.ts";
import type { JsonObject } from "./json.ts";

/** The most a message to one registration may weigh, in bytes. */
export const MAX_PAYLOAD_BYTES = 4096;
/** The most a message to a topic may weigh, in bytes. */
export const MAX_TOPIC_PAYLOAD_BYTES = 2048;

/** Weighs the part of a message that travels to a phone of this platform, in bytes; a topic's may be of any. */
export function measurePayload(message: JsonObject, platform: Platform | "any"): number {
  const weighers = platform === "any" ? Object.values(WEIGHERS) : [WEIGHERS[platform]];
  return Math.max(...weighers.map((weighPart) => weighPart(message)));
}

const WEIGHERS: Readonly<Record<Platform, (message: JsonObject) => number>> = {
  android(message) {
    const android = getAndroidPart(message);
    const notification = { ...getPart(message, "notification"), ...getPart(android, "notification") };
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

/** Keys and values in UTF-8, without JSON's punctuation; walks a list of its own because a hostile payload nests deeper than the stack. */
function weigh(value: unknown): number {
  let bytes = 0;
  const waiting: unknown[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === "object" && next !== null) {
      for (const [key, inner] of Object.entries(next)) {
        if (!Array.isArray(next)) bytes += Buffer.byteLength(key);
        waiting.push(inner ?? "null");
      }
    } else bytes += Buffer.byteLength(typeof next === "string" ? next : JSON.stringify(next));
  }
  return bytes;
}
