import { MAX_TTL_SECONDS } from "./check-rules.ts";
import { findHeader, findText, getAndroidPart, getPart } from "./message.ts";
import type { JsonObject } from "../json.ts";
import type { Platform } from "../registrations.ts";

const SECOND_MS = 1000;

/** When a message expires, in milliseconds since the epoch; `now` itself means now or never. */
export function computeExpiry(message: JsonObject, platform: Platform, now: number): number {
  if (platform === "ios") {
    const expiration = findHeader(getApnsHeaders(message), "apns-expiration");
    if (expiration === undefined) return now + MAX_TTL_SECONDS * SECOND_MS;
    return Math.max(now, Number(expiration) * SECOND_MS);
  }
  const ttl =
    platform === "android" ? findText(getAndroidPart(message), "ttl") : findHeader(getWebpushHeaders(message), "ttl");
  // Number() cannot read "3.5s"; parseFloat stops at the unit. FCM rounds down to whole seconds.
  const seconds = ttl === undefined ? MAX_TTL_SECONDS : Math.floor(Number.parseFloat(ttl));
  return now + Math.min(seconds, MAX_TTL_SECONDS) * SECOND_MS;
}

/** The key by which a newer message replaces this one while it waits; undefined if none can. */
export function findCollapseKey(message: JsonObject, platform: Platform): string | undefined {
  switch (platform) {
    case "android":
      return findText(getAndroidPart(message), "collapse_key", "collapseKey");
    case "ios":
      return findHeader(getApnsHeaders(message), "apns-collapse-id");
    case "web":
      return findHeader(getWebpushHeaders(message), "topic");
  }
}

function getApnsHeaders(message: JsonObject): JsonObject {
  return getPart(getPart(message, "apns"), "headers");
}

function getWebpushHeaders(message: JsonObject): JsonObject {
  return getPart(getPart(message, "webpush"), "headers");
}
