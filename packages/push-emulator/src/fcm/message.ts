import { isJsonObject } from "../json.ts";
import type { JsonObject } from "../json.ts";

const NOTHING: JsonObject = Object.freeze({});

/** Reads one object field of a message of valid shape; an empty object if it is missing. */
export function getPart(message: JsonObject, snake: string, camel: string = snake): JsonObject {
  const part = message[snake] ?? message[camel];
  return isJsonObject(part) ? part : NOTHING;
}

/** Whether a message of valid shape has an object field, under either spelling. */
export function hasPart(message: JsonObject, snake: string, camel: string = snake): boolean {
  return isJsonObject(message[snake] ?? message[camel]);
}

/** Reads one string field under either spelling; undefined if it is missing. */
export function findText(message: JsonObject, snake: string, camel: string = snake): string | undefined {
  const text = message[snake] ?? message[camel];
  return typeof text === "string" ? text : undefined;
}

/** Reads a header whose name may be in any case. */
export function findHeader(headers: JsonObject, name: string): string | undefined {
  const exact = headers[name];
  if (typeof exact === "string") return exact;
  for (const key of Object.keys(headers)) {
    if (key.toLowerCase() === name) return findText(headers, key);
  }
  return undefined;
}

/** The part for Android, in either of its two versions. */
export function getAndroidPart(message: JsonObject): JsonObject {
  return getPart(message, isJsonObject(message["android"]) ? "android" : "android_v2", "androidV2");
}

/** The path of that part, for error messages. */
export function nameAndroidPart(message: JsonObject): string {
  return hasPart(message, "android_v2", "androidV2") ? "message.android_v2" : "message.android";
}
