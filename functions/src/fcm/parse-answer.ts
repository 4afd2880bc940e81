// FCM's answers: https://firebase.google.com/docs/cloud-messaging/error-codes and the error model of
// https://cloud.google.com/apis/design/errors
import { z } from "zod";
import type { Target } from "./message.ts";
import type { Outcome } from "./outcome.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { hideRegistration } from "../registration.ts";

/** One HTTP answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter?: string;
  readonly body: string;
}

const accepted = z.object({ name: z.string().min(1) });

const detail = z.object({
  "@type": z.string(),
  errorCode: z.string().optional(),
  fieldViolations: z.array(z.object({ field: z.string().optional() })).optional(),
});

const refused = z.object({
  error: z.object({
    message: z.string().catch(""),
    status: z.string().optional().catch(undefined),
    details: z.array(detail.catch({ "@type": "" })).catch([]),
  }),
});

/** Sorts an answer of FCM by what to do next. */
export function parseAnswer(answer: HttpAnswer, target: Target, now: number): Outcome {
  const body = parseJson(answer.body);
  if (answer.status === 200) return parseAccepted(body);
  const problem = parseProblem(answer.status, body);
  if (body === undefined || isTransient(answer.status)) {
    const retryAfterMs = parseRetryAfter(answer.retryAfter, now);
    return { status: "unavailable", code: problem.code, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
  if (isGone(answer.status, problem)) return { status: "unregistered", code: problem.code };
  return { status: "rejected", code: problem.code, message: hideRegistration(problem.message, target.value) };
}

/** Whether an answer says that our access token is no good, as opposed to the APNs or web push key that FCM holds. */
export function isTokenRefused({ status, body }: HttpAnswer): boolean {
  return status === 401 && parseProblem(status, parseJson(body)).code !== "THIRD_PARTY_AUTH_ERROR";
}

// A 200 without a message id is more likely a proxy's page than FCM's word. Trying again may ring a phone twice, which
// the collapse id hides; not trying again may not ring it at all.
function parseAccepted(body: unknown): Outcome {
  const parsed = accepted.safeParse(body);
  if (!parsed.success) return { status: "unavailable", code: "unreadable_answer" };
  return { status: "accepted", messageId: parsed.data.name };
}

interface Problem {
  readonly code: string;
  readonly fcmCode: string | undefined;
  readonly fields: readonly (string | undefined)[];
  readonly message: string;
}

function parseProblem(status: number, body: unknown): Problem {
  const parsed = refused.safeParse(body);
  if (!parsed.success) return { code: `http_${status}`, fcmCode: undefined, fields: [], message: "" };
  const { error } = parsed.data;
  const fcmCode = error.details.find((entry) => entry["@type"].endsWith("google.firebase.fcm.v1.FcmError"))?.errorCode;
  const fields = error.details.flatMap((entry) => entry.fieldViolations ?? []).map(({ field }) => field);
  return { code: fcmCode ?? error.status ?? `http_${status}`, fcmCode, fields, message: error.message };
}

function isTransient(status: number): boolean {
  return status < 400 || status === 408 || status === 429 || status >= 500;
}

// Only these two are about the registration. A 404 without FcmError is a wrong project id, and would empty the database.
function isGone(status: number, { fcmCode, fields }: Problem): boolean {
  if (status === 404) return fcmCode === "UNREGISTERED";
  return status === 400 && fields.some((field) => field === "message.token" || field === "message.fid");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
