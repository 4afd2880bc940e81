import { answers } from "../../apns/answers.ts";
import type { Channel } from "../../transport/outcome.ts";
import { notWanted } from "../../transport/retry.ts";
import type { Phone, PushAnswer } from "../ring.ts";

/**
 * What a refusal of FCM or APNs means.
 *
 * - `gone`: the registration is dead.
 * - `sender`: the app was built for another Firebase project.
 * - `apnsKey`: our key for APNs may not push, here or in Firebase.
 * - `environment`: the iPhone's token is of the other one of Apple's environments.
 * - `quota`: the project sends too much.
 * - `credentials`: our own credentials for FCM are refused.
 * - `down`: the service does not answer, or has a fault.
 * - `unsent`: nothing was sent: the ring was over, or the time was.
 * - `other`: the message itself was refused.
 */
export type RefusalKind =
  | "gone"
  | "sender"
  | "apnsKey"
  | "environment"
  | "quota"
  | "credentials"
  | "down"
  | "unsent"
  | "other";

/** Why a service did not accept a push, and when it said so, in milliseconds since the epoch. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly code: string;
  readonly channel: Channel;
  /** Absent in rings of an earlier version. */
  readonly at?: number;
}

/** FCM's codes, and the client's own. The rest is told by the status of the answer. */
const kinds: Readonly<Record<string, RefusalKind>> = {
  UNREGISTERED: "gone",
  SENDER_ID_MISMATCH: "sender",
  THIRD_PARTY_AUTH_ERROR: "apnsKey",
  QUOTA_EXCEEDED: "quota",
  RESOURCE_EXHAUSTED: "quota",
  http_429: "quota",
  PERMISSION_DENIED: "credentials",
  UNAUTHENTICATED: "credentials",
  NOT_FOUND: "credentials",
  http_401: "credentials",
  http_403: "credentials",
  not_wanted: "unsent",
  expired: "unsent",
  deadline: "unsent",
};

/** APNs' reasons, from APNs itself or through FCM. */
const goneReasons = new Set(["Unregistered", "ExpiredToken", "http_410"]);
const keyReasons = new Set(
  Object.entries(answers).flatMap(([answer, { means }]) => (means === "refused" ? (answer.split(" ")[1] ?? []) : [])),
);

/** Codes that only a failure with a retry has, for rings of an earlier version, which have no status. */
const faults = /^(?:UNAVAILABLE|INTERNAL|http_5\d\d|timeout|unreadable_answer|connection_lost|E[A-Z]+|UND_[A-Z_]+)$/;

/** Why the push to a phone failed: what FCM said, or APNs where FCM was not asked; `undefined` if it did not fail. */
export function findRefusal({ said, error }: Phone): Refusal | undefined {
  const answer = said?.fcm ?? said?.apns;
  // A repeat that was not wanted any more does not explain why the push before it failed.
  const code = error === notWanted.code ? (answer?.code ?? error) : (error ?? answer?.code);
  if (code === undefined) return undefined;
  const channel = said?.fcm === undefined && said?.apns !== undefined ? "apns" : "fcm";
  const status = answer?.code === code ? answer.status : undefined;
  return { kind: findKind(code, status), code, channel, ...(answer !== undefined && { at: answer.at.toMillis() }) };
}

/** What APNs' refusal of a VoIP push means; `undefined` if it accepted the push. */
export function findApnsKind({ status, code = "", environment }: PushAnswer): RefusalKind | undefined {
  if (environment !== undefined) return "environment";
  return status === "accepted" ? undefined : findKind(code, status);
}

function findKind(name: string, status: PushAnswer["status"] | undefined): RefusalKind {
  const [code = "", reason = code] = name.split("/");
  if (keyReasons.has(reason)) return "apnsKey";
  if (reason === "BadDeviceToken") return "environment";
  if (goneReasons.has(reason)) return "gone";
  const known = Object.hasOwn(kinds, code) ? kinds[code] : undefined;
  if (known !== undefined) return known;
  if (status === "unregistered") return "gone";
  const isFault = status === undefined ? faults.test(code) || code.startsWith("oauth") : status === "unavailable";
  return isFault ? "down" : "other";
}
