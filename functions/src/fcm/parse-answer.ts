// FCM's answers: https://firebase.google.com/docs/cloud-messaging/error-codes and the error model of
// https://cloud.google.com/apis/design/errors
import { z } from "zod";
import { hideRegistration } from "../registration.ts";
import { apnsReason } from "../transport/apns-reason.ts";
import { isTransient, parseJson, type HttpAnswer } from "../transport/http-answer.ts";
import { pickApnsReason, type Outcome } from "../transport/outcome.ts";
import { readRetryAfter } from "../transport/retry-after.ts";
import type { Target } from "./message.ts";

const accepted = z.object({ name: z.string().min(1) });

const detail = z.object({
  "@type": z.string(),
  errorCode: z.string().optional(),
  fieldViolations: z.array(z.object({ field: z.string().optional() })).optional(),
  statusCode: z.number().optional().catch(undefined),
  reason: apnsReason.optional().catch(undefined),
});

const refused = z.object({
  error: z.object({
    message: z.string().catch(""),
    status: z.string().optional().catch(undefined),
    details: z.array(detail.catch({ "@type": "" })).catch([]),
  }),
});

/** The outcome that FCM's answer means; `now` in milliseconds since the epoch. */
export function parseAnswer(answer: HttpAnswer, target: Target, now: number): Outcome {
  const body = parseJson(answer.body);
  if (answer.status === 200) return parseAccepted(body);
  const problem = parseProblem(answer.status, body);
  const failure = { code: problem.code, ...pickApnsReason({ apnsReason: problem.apns?.reason }) };
  if (body === undefined || isTransient(answer.status)) {
    return { status: "unavailable", ...failure, ...readRetryAfter(answer, now) };
  }
  if (isGone(answer.status, problem, target)) return { status: "unregistered", ...failure };
  return { status: "rejected", ...failure, message: hideRegistration(problem.message, target.value) };
}

/** Whether FCM refused our access token, as opposed to the APNs or web push key that FCM holds. */
export function isTokenRefused({ status, body }: HttpAnswer): boolean {
  return status === 401 && parseProblem(status, parseJson(body)).code !== "THIRD_PARTY_AUTH_ERROR";
}

/** Whether FCM refused access: it refused our access token, or the token lacks permission in this project. */
export function isAccessRefused(answer: HttpAnswer): boolean {
  if (answer.status === 403) return parseProblem(answer.status, parseJson(answer.body)).fcmCode === undefined;
  return isTokenRefused(answer);
}

// A 200 without a message id is more likely a proxy's page than FCM's answer. A retry may send the push twice, which
// the collapse id hides; without a retry the phone may not ring at all.
function parseAccepted(body: unknown): Outcome {
  const parsed = accepted.safeParse(body);
  if (!parsed.success) return { status: "unavailable", code: "unreadable_answer", mayBeDelivered: true };
  return { status: "accepted", messageId: parsed.data.name };
}

interface Problem {
  readonly code: string;
  readonly fcmCode: string | undefined;
  readonly apns: { readonly statusCode?: number | undefined; readonly reason?: string | undefined } | undefined;
  readonly fields: readonly (string | undefined)[];
  readonly message: string;
}

function parseProblem(status: number, body: unknown): Problem {
  const parsed = refused.safeParse(body);
  if (!parsed.success) return { code: `http_${status}`, fcmCode: undefined, apns: undefined, fields: [], message: "" };
  const { error } = parsed.data;
  const find = (name: string) =>
    error.details.find((entry) => entry["@type"].endsWith(`google.firebase.fcm.v1.${name}`));
  const fcmCode = find("FcmError")?.errorCode;
  return {
    code: fcmCode ?? error.status ?? `http_${status}`,
    fcmCode,
    apns: find("ApnsError"),
    fields: error.details.flatMap((entry) => entry.fieldViolations ?? []).map(({ field }) => field),
    message: error.message,
  };
}

/** APNs' reasons for an app that is gone; all its other reasons are about our request, not about the install. */
const goneAtApns = new Set(["Unregistered", "ExpiredToken"]);

// A 404 without FcmError means a wrong project id; treating it as gone would empty the database. The same holds for
// most INVALID_ARGUMENT answers: one for a payload that is too large has no details, those for our other mistakes name
// another field.
function isGone(status: number, problem: Problem, target: Target): boolean {
  const { fcmCode, apns, fields } = problem;
  if (target.kind === "fcmTopic") return false;
  // `BadDeviceToken` and the like may come from a mix-up of Apple's two environments, which a new build or key repairs.
  if (apns !== undefined && !goneAtApns.has(apns.reason ?? "")) return false;
  if (status === 404) return fcmCode === "UNREGISTERED";
  if (status !== 400) return false;
  // "APNs device token is disabled.": FCM forwards APNs' answer for an app that is gone under a code of its own.
  if (apns !== undefined) return apns.statusCode === 410 && fcmCode === "INVALID_ARGUMENT";
  if (fields.length > 0) return fields.every((field) => field === "message.token" || field === "message.fid");
  return target.kind === "token" && fcmCode === "INVALID_ARGUMENT" && isInvalidToken(problem.message);
}

// Only its text tells this answer from other mistakes: https://firebase.google.com/docs/cloud-messaging/error-codes,
// example 2. Case, quotes and the full stop may differ; any other difference makes it another message.
function isInvalidToken(message: string): boolean {
  const words = message
    .toLowerCase()
    .replaceAll(/["'`\u2018\u2019\u201c\u201d]/g, "")
    .trim()
    .split(/\s+/)
    .join(" ");
  return words.replace(/\s*\.$/, "") === "the registration token is not a valid fcm registration token";
}
