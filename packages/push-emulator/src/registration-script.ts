import { isTopicName } from "./fcm/topics.ts";
import type { JsonObject } from "./json.ts";
import type { ApnsEnvironment, NewRegistration, Platform, RegistrationState } from "./registrations.ts";
import { RequestError, refuseUnknownFields } from "./request-error.ts";

const PLATFORMS: readonly Platform[] = ["android", "ios", "web"];
const STATES: readonly RegistrationState[] = ["online", "offline", "uninstalled"];
const ENVIRONMENTS: readonly ApnsEnvironment[] = ["production", "sandbox"];
const APNS_FIELDS = ["voipToken", "bundleId", "environment"] as const;
/** Longer than FCM's own, and without characters that a URL or a header would escape. */
const TOKEN = /^[A-Za-z0-9_:.~-]{1,4096}$/;
/** One line to read. */
const NAME = /^[^\p{Cc}]{1,80}$/u;
const FID = /^[A-Za-z0-9_-]{1,64}$/;
/** Whole bytes. Apple promises no length; its own have 32 bytes, and 100 are its announced limit. */
const VOIP_TOKEN = /^(?:[0-9a-fA-F]{2}){1,100}$/;
const BUNDLE_ID = /^[A-Za-z0-9.-]{1,155}$/;

/** Parses a new install; throws 400 with the reason. */
export function parseNewRegistration(body: JsonObject): NewRegistration {
  refuseUnknownFields(body, ["platform", "name", "token", "fid", ...APNS_FIELDS]);
  const { name: label, token, fid, voipToken, bundleId, environment } = body;
  const platform = parseOneOf(body["platform"] ?? "android", "platform", PLATFORMS);
  const misplaced = platform === "ios" ? undefined : APNS_FIELDS.find((name) => body[name] !== undefined);
  if (misplaced !== undefined) throw new RequestError(400, `invalid_${misplaced}`, `only ios has ${misplaced}`);
  return {
    platform,
    ...(label === undefined ? {} : { name: parseText(label, "name", NAME) }),
    ...(token === undefined ? {} : { token: parseText(token, "token", TOKEN) }),
    ...(fid === undefined ? {} : { fid: parseText(fid, "fid", FID) }),
    ...(voipToken === undefined ? {} : { voipToken: parseText(voipToken, "voipToken", VOIP_TOKEN).toLowerCase() }),
    ...(bundleId === undefined ? {} : { bundleId: parseText(bundleId, "bundleId", BUNDLE_ID) }),
    ...(environment === undefined ? {} : { environment: parseOneOf(environment, "environment", ENVIRONMENTS) }),
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

function parseText(value: unknown, name: string, pattern: RegExp): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw new RequestError(400, `invalid_${name}`, `${name} must match ${pattern.source}`);
}
