/**
 * The rules of FCM and APNs for a message to iOS.
 * https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns
 */
import type { FieldViolation } from "./errors.ts";
import { findHeader, getPart } from "./message.ts";
import { isJsonObject } from "../json.ts";
import type { JsonObject } from "../json.ts";

const MAX_COLLAPSE_ID_BYTES = 64;

/** FCM uses an app's ordinary APNs topic, so PushKit's `voip` and the other special types are missing. */
const PUSH_TYPES: ReadonlySet<string> = new Set(["alert", "background", "location", "liveactivity"]);

const HEADER_RULES: readonly [name: string, isValid: (value: string) => boolean, description: string][] = [
  ["apns-priority", (value) => /^(1|5|10)$/.test(value), "apns-priority must be 10, 5 or 1."],
  [
    "apns-push-type",
    (value) => PUSH_TYPES.has(value),
    "apns-push-type must be alert, background, location or liveactivity; FCM cannot carry voip.",
  ],
  ["apns-expiration", (value) => /^\d{1,12}$/.test(value), "apns-expiration must be a time in epoch seconds, or 0."],
  [
    "apns-collapse-id",
    (value) => Buffer.byteLength(value) <= MAX_COLLAPSE_ID_BYTES,
    `apns-collapse-id must not exceed ${MAX_COLLAPSE_ID_BYTES} bytes.`,
  ],
];

type TypeCheck = (value: unknown) => boolean;
const isText: TypeCheck = (value) => typeof value === "string";
const isNumber: TypeCheck = (value) => typeof value === "number";
const isTextOrObject: TypeCheck = (value) => isText(value) || isJsonObject(value);

const APS_TYPES: readonly (readonly [key: string, isRight: TypeCheck])[] = Object.entries({
  alert: isTextOrObject,
  badge: isNumber,
  sound: isTextOrObject,
  "thread-id": isText,
  category: isText,
  "content-available": isNumber,
  "mutable-content": isNumber,
});
const ALERT_TYPES: typeof APS_TYPES = Object.entries({ title: isText, subtitle: isText, body: isText });

/** The first APNs rule that the message violates. */
export function findApnsViolation(message: JsonObject): FieldViolation | undefined {
  if (!isJsonObject(message["apns"])) return undefined;
  const headers = getPart(message["apns"], "headers");
  const payload = getPart(message["apns"], "payload");
  return (
    findHeaderViolation(headers) ?? findApsViolation(payload) ?? findBackgroundViolation(message, headers, payload)
  );
}

function findHeaderViolation(headers: JsonObject): FieldViolation | undefined {
  for (const [name, isValid, description] of HEADER_RULES) {
    const value = findHeader(headers, name);
    if (value !== undefined && !isValid(value)) return { field: `message.apns.headers.${name}`, description };
  }
  return undefined;
}

function findApsViolation(payload: JsonObject): FieldViolation | undefined {
  const aps = payload["aps"];
  if (aps === undefined) return undefined;
  if (!isJsonObject(aps)) return { field: "message.apns.payload.aps", description: "aps must be a dictionary." };
  return (
    findWrongType(aps, APS_TYPES, "message.apns.payload.aps") ??
    findWrongType(getPart(aps, "alert"), ALERT_TYPES, "message.apns.payload.aps.alert")
  );
}

function findWrongType(part: JsonObject, types: typeof APS_TYPES, path: string): FieldViolation | undefined {
  for (const [key, isRight] of types) {
    if (part[key] !== undefined && !isRight(part[key])) {
      return { field: `${path}.${key}`, description: `Invalid value type for APS key [${key}].` };
    }
  }
  return undefined;
}

function findBackgroundViolation(
  message: JsonObject,
  headers: JsonObject,
  payload: JsonObject,
): FieldViolation | undefined {
  if (findHeader(headers, "apns-push-type") !== "background") return undefined;
  // The default priority is 10, which APNs refuses for background pushes.
  if (findHeader(headers, "apns-priority") !== "5") {
    return { field: "message.apns.headers.apns-priority", description: "A background push needs apns-priority 5." };
  }
  const aps = getPart(payload, "aps");
  if (aps["content-available"] !== 1) {
    const description = "A background push needs content-available 1.";
    return { field: "message.apns.payload.aps.content-available", description };
  }
  const shown = ["alert", "badge", "sound"].find((key) => aps[key] !== undefined);
  if (shown !== undefined || isJsonObject(message["notification"])) {
    const field = shown === undefined ? "message.notification" : `message.apns.payload.aps.${shown}`;
    return { field, description: "A background push must not carry alert, badge or sound." };
  }
  return undefined;
}
