import { findApnsViolation } from "./check-apns.ts";
import { findText, findHeader, getAndroidPart, getPart, hasPart, nameAndroidPart } from "./message.ts";
import type { FieldViolation } from "./errors.ts";
import type { JsonObject } from "../json.ts";
import { isTopicName } from "./topics.ts";

/** FCM keeps a message for four weeks at most. */
export const MAX_TTL_SECONDS: number = 28 * 24 * 60 * 60;

const TARGETS = ["token", "fid", "topic", "condition"] as const;
const COLOR = /^#[0-9a-fA-F]{6}$/;
const ANALYTICS_LABEL = /^[a-zA-Z0-9-_.~%]{1,50}$/;
const RESERVED_KEY = /^(from|message_type|gcm)$|^(google|gcm)\./;

/** The first FCM rule that a message of valid shape violates. */
export function findRuleViolation(message: JsonObject): FieldViolation | undefined {
  return (
    findTargetViolation(message) ??
    findDataViolation(message) ??
    findAndroidV2Violation(message) ??
    findAndroidViolation(message) ??
    findApnsViolation(message) ??
    findWebpushViolation(message) ??
    findLabelViolation(message)
  );
}

function findTargetViolation(message: JsonObject): FieldViolation | undefined {
  const named = TARGETS.filter((target) => findText(message, target) !== undefined);
  if (named.length > 1) {
    const description = `Exactly one of token, fid, topic or condition is required, not ${named.join(" and ")}.`;
    return { field: "message", description };
  }
  if (named[0] === undefined || findText(message, named[0]) === "") {
    return { field: "message", description: "Recipient of the message is not set." };
  }
  const topic = findText(message, "topic");
  if (topic !== undefined && !isTopicName(topic)) {
    return { field: "message.topic", description: "Topic name contains invalid characters." };
  }
  return undefined;
}

function findDataViolation(message: JsonObject): FieldViolation | undefined {
  const datas: [string, JsonObject][] = [
    ["message.data", getPart(message, "data")],
    [`${nameAndroidPart(message)}.data`, getPart(getAndroidPart(message), "data")],
    ["message.webpush.data", getPart(getPart(message, "webpush"), "data")],
  ];
  for (const [field, data] of datas) {
    const reserved = Object.keys(data).find((key) => RESERVED_KEY.test(key));
    if (reserved !== undefined) return { field, description: `Invalid data payload key: ${reserved}` };
  }
  return undefined;
}

/** https://firebase.google.com/docs/cloud-messaging/send/v2-api; FCM's own words are not documented. */
function findAndroidV2Violation(message: JsonObject): FieldViolation | undefined {
  const field = "message.android_v2";
  if (!hasPart(message, "android_v2", "androidV2")) return undefined;
  if (hasPart(message, "android")) {
    return { field, description: "Only one of android and android_v2 may be set." };
  }
  const part = getPart(message, "android_v2", "androidV2");
  const isUrgent = hasPart(part, "remote_notification", "remoteNotification");
  if (isUrgent === hasPart(part, "background_sync", "backgroundSync")) {
    return { field, description: "Exactly one of remote_notification and background_sync is required." };
  }
  const urgent = getPart(part, "remote_notification", "remoteNotification");
  if (!isUrgent || hasPart(urgent, "notification")) return undefined;
  return { field: `${field}.remote_notification.notification`, description: "The notification is required." };
}

function findAndroidViolation(message: JsonObject): FieldViolation | undefined {
  const android = getAndroidPart(message);
  const ttl = findText(android, "ttl");
  if (ttl !== undefined) {
    const seconds = Number(ttl.slice(0, -1));
    if (seconds < 0 || seconds > MAX_TTL_SECONDS || ttl.startsWith("-")) {
      const description = `TTL must be between 0 and ${MAX_TTL_SECONDS} seconds (4 weeks).`;
      return { field: `${nameAndroidPart(message)}.ttl`, description };
    }
  }
  const color = findText(getPart(android, "notification"), "color");
  if (color !== undefined && !COLOR.test(color)) {
    return { field: "message.android.notification.color", description: "Color must be in the form #RRGGBB." };
  }
  return undefined;
}

function findWebpushViolation(message: JsonObject): FieldViolation | undefined {
  const webpush = getPart(message, "webpush");
  const ttl = findHeader(getPart(webpush, "headers"), "ttl");
  if (ttl !== undefined && !/^\d+$/.test(ttl)) {
    return { field: "message.webpush.headers.TTL", description: "TTL must be a non-negative integer." };
  }
  const link = findText(getPart(webpush, "fcm_options", "fcmOptions"), "link");
  if (link === undefined || /^https:\/\//i.test(link)) return undefined;
  return { field: "message.webpush.fcm_options.link", description: "The link must be an HTTPS URL." };
}

function findLabelViolation(message: JsonObject): FieldViolation | undefined {
  for (const part of ["", "android", "android_v2", "apns", "webpush"]) {
    const camel = part === "android_v2" ? "androidV2" : part;
    const options = getPart(part === "" ? message : getPart(message, part, camel), "fcm_options", "fcmOptions");
    const label = findText(options, "analytics_label", "analyticsLabel");
    if (label !== undefined && !ANALYTICS_LABEL.test(label)) {
      const field = `message.${part === "" ? "" : `${part}.`}fcm_options.analytics_label`;
      return { field, description: "Analytics label must match ^[a-zA-Z0-9-_.~%]{1,50}$." };
    }
  }
  return undefined;
}
