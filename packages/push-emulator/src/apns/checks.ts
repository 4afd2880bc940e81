/**
 * Why APNs refuses a push. Apple documents the reasons, not their order; this one is that of Pushy's mock server, with three
 * reasons that it lacks: DuplicateHeaders, BadTopic and BadExpirationDate. But the sender comes before the device token:
 * Apple answers InvalidProviderToken also for a token that is none of its own
 * (https://github.com/firebase/firebase-ios-sdk/issues/4042).
 * https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns
 */
import { isJsonObject } from "../json.ts";
import type { Refusal } from "./answers.ts";
import { isApnsId } from "./push-request.ts";
import type { PushRequest } from "./push-request.ts";
import type { ApnsReason } from "./reasons.ts";

/** The longest payload of a VoIP push, in bytes. */
export const MAX_VOIP_BYTES = 5120;
const MAX_BYTES = 4096;
const MAX_COLLAPSE_ID_BYTES = 64;
const PUSH_TYPES: ReadonlySet<string> = new Set([
  "alert",
  "background",
  "complication",
  "controls",
  "fileprovider",
  "liveactivity",
  "location",
  "mdm",
  "pushtotalk",
  "voip",
  "widgets",
]);
const VOIP_SUFFIX = ".voip";
const TOPIC = /^[A-Za-z0-9.-]+$/;
const PRIORITY = /^(?:1|5|10)$/;
/** Seconds; twelve digits last for 30,000 years, thirteen are a date in milliseconds. */
const EXPIRATION = /^\d{1,12}$/;
const DEVICE_TOKEN = /^(?:[0-9a-f]{2})+$/i;
const OWN_HEADER = /^(?:apns-.+|authorization)$/;

type Check = (push: PushRequest) => Refusal | ApnsReason | undefined;

/** The checks up to the sender's authentication, and those behind it. */
const BEFORE_AUTHENTICATION: readonly Check[] = [
  ({ headerNames }) => (findRepeated(headerNames) === undefined ? undefined : "DuplicateHeaders"),
  ({ header }) => (matches(header("apns-id"), isApnsId) ? undefined : "BadMessageId"),
  ({ method }) => (method === "POST" ? undefined : "MethodNotAllowed"),
  ({ header }) => (header("apns-topic") === undefined ? "MissingTopic" : undefined),
  ({ header }) => (matches(header("apns-topic"), TOPIC) ? undefined : "BadTopic"),
  ({ header }) => (matches(header("apns-collapse-id"), isCollapseId) ? undefined : "BadCollapseId"),
  ({ header }) => (matches(header("apns-priority"), PRIORITY) ? undefined : "BadPriority"),
  ({ header }) => (matches(header("apns-expiration"), EXPIRATION) ? undefined : "BadExpirationDate"),
  ({ header }) => (isRightType(header("apns-push-type"), header("apns-topic")) ? undefined : "InvalidPushType"),
  ({ deviceToken }) => (deviceToken === undefined ? "BadPath" : undefined),
  ({ deviceToken }) => (deviceToken === "" ? "MissingDeviceToken" : undefined),
];

const BEHIND_AUTHENTICATION: readonly Check[] = [
  (push) => (isKnown(push) ? undefined : "BadDeviceToken"),
  ({ phone }) =>
    phone?.state === "uninstalled" ? { reason: "Unregistered", timestamp: phone.uninstalledAt } : undefined,
  ({ phone, header }) =>
    header("apns-topic") === `${phone?.bundleId}${VOIP_SUFFIX}` ? undefined : "DeviceTokenNotForTopic",
  ({ body }) => (body?.length === 0 ? "PayloadEmpty" : undefined),
  ({ body, header }) => (fits(body, header("apns-push-type")) ? undefined : "PayloadTooLarge"),
  // Apple documents no reason for a payload that is no JSON object; for APNs, it has no content.
  ({ body }) => (hasContent(body) ? undefined : "PayloadEmpty"),
];

/** The first reason to refuse a push; `authenticate` says what is wrong with its sender. */
export function findRefusal(push: PushRequest, authenticate: () => ApnsReason | undefined): Refusal | undefined {
  for (const check of [...BEFORE_AUTHENTICATION, authenticate, ...BEHIND_AUTHENTICATION]) {
    const refusal = check(push);
    if (refusal !== undefined) return typeof refusal === "string" ? { reason: refusal } : refusal;
  }
  return undefined;
}

function findRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => OWN_HEADER.test(name) && (seen.has(name) || !seen.add(name)));
}

/** Whether a header is absent or has the right form. */
function matches(value: string | undefined, form: RegExp | ((value: string) => boolean)): boolean {
  if (value === undefined) return true;
  return typeof form === "function" ? form(value) : form.test(value);
}

/** Headers are read as Latin-1, one character a byte. */
function isCollapseId(value: string): boolean {
  return value.length <= MAX_COLLAPSE_ID_BYTES;
}

/** Apple may refuse a push type that is not that of the topic; here it always is refused. */
function isRightType(type: string | undefined, topic = ""): boolean {
  if (type === undefined) return true;
  return PUSH_TYPES.has(type) && (type === "voip" || !topic.endsWith(VOIP_SUFFIX));
}

function isKnown({ deviceToken = "", phone, environment }: PushRequest): boolean {
  return DEVICE_TOKEN.test(deviceToken) && phone?.environment === environment;
}

function fits(body: Buffer | undefined, type: string | undefined): boolean {
  return body !== undefined && body.length <= (type === "voip" ? MAX_VOIP_BYTES : MAX_BYTES);
}

function hasContent(body: Buffer | undefined): boolean {
  try {
    return isJsonObject(JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body)));
  } catch {
    return false;
  }
}
