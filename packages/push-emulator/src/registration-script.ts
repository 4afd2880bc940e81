import type { Platform } from "./fcm-message.ts";
import type { JsonObject } from "./json.ts";
import type { NewRegistration, RegistrationState } from "./registrations.ts";
import { RequestError, refuseUnknownFields } from "./request-error.ts";
import { isTopicName } from "./topics.ts";

const PLATFORMS: readonly Platform[] = ["android", "ios", "web"];
const STATES: readonly RegistrationState[] = ["online", "offline", "uninstalled"];
/** Longer than FCM's own, and without characters that a URL or a header would escape. */
const TOKEN = /^[A-Za-z0-9_:.~-]{1,4096}$/;
const FID = /^[A-Za-z0-9_-]{1,64}$/;

/** Parses a new install; throws 400 with the reason. */
export function parseNewRegistration(body: JsonObject): NewRegistration {
  refuseUnknownFields(body, ["platform", "token", "fid"]);
  return {
    platform: parseOneOf(body["platform"] ?? "android", "platform", PLATFORMS),
    ...(body["token"] === undefined ? {} : { token: parseAddress(body["token"], "token", TOKEN) }),
    ...(body["fid"] === undefined ? {} : { fid: parseAddress(body["fid"], "fid", FID) }),
  };
}

/** Parses an install's new state; throws 400 with the reason. */
export function parseState(body: JsonObject): RegistrationState {
  refuseUnknownFields(body, ["state"]);
  return parseOneOf(body["state"], "state", STATES);
}

/** Parses a topic's name; throws 400 if FCM does not allow it. */
export function parseTopic(name: string = ""): string {
  if (isTopicName(name)) return name;
  throw new RequestError(400, "invalid_topic", "FCM allows no topic of this name");
}

function parseOneOf<T extends string>(value: unknown, name: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw new RequestError(400, `invalid_${name}`, `${name} must be ${allowed.join(", ")}`);
}

function parseAddress(value: unknown, name: string, pattern: RegExp): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw new RequestError(400, `invalid_${name}`, `${name} must match ${pattern.source}`);
}
