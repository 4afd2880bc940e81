import { z } from "zod";
import { apnsReason } from "../transport/apns-reason.ts";
import { isTransient, parseJson, type HttpAnswer } from "../transport/http-answer.ts";
import type { Outcome } from "../transport/outcome.ts";
import { readRetryAfter } from "../transport/retry-after.ts";
import { answers, type Remedy, type Row } from "./answers.ts";

/** What an answer of APNs says. */
export interface Reading {
  /** The outcome if there is no remedy, or it did not help. */
  readonly outcome: Outcome;
  readonly remedy?: Remedy;
  /** APNs refused our credentials. */
  readonly isRefused?: true;
}

/** The body of a refusal, and the debug data of a GOAWAY. */
const refusal = z.object({
  reason: apnsReason.optional().catch(undefined),
  timestamp: z.number().int().nonnegative().optional().catch(undefined),
});

/** Reads an answer to a push for a device token; `now` in milliseconds since the epoch. */
export function parseAnswer(answer: HttpAnswer, token: string, now: number): Reading {
  const { status } = answer;
  if (status === 200) return { outcome: parseAccepted(answer) };
  const { reason, timestamp } = readRefusal(answer.body);
  const code = reason === undefined || quotes(reason, token) ? `http_${status}` : reason;
  const { means = judgeByStatus(answer), first, says = "" } = findRow(answer) ?? {};
  const remedy = first === undefined ? {} : { remedy: first };
  switch (means) {
    case "unregistered": {
      // APNs sends the time with a 410 only.
      const since = status === 410 && timestamp !== undefined ? { unregisteredAt: timestamp } : {};
      return { outcome: { status: "unregistered", code, ...since }, ...remedy };
    }
    case "refused":
      return { outcome: { status: "rejected", code, message: says }, ...remedy, isRefused: true };
    case "rejected":
      return { outcome: { status: "rejected", code, message: says }, ...remedy };
    case "unavailable":
      return { outcome: { status: "unavailable", code, ...readRetryAfter(answer, now) }, ...remedy };
  }
}

/** Whether an answer says that its connection is of no further use. */
export function isFarewell(answer: HttpAnswer): boolean {
  const first = answer.status === 200 ? undefined : findRow(answer)?.first;
  return first === "newConnection" || first === "olderToken";
}

/** Reads the reason in the debug data of a GOAWAY. */
export function readGoAway(data: string): string | undefined {
  return readRefusal(data).reason;
}

// A 200 that does not repeat our id is more likely a proxy's page than APNs' answer. A retry may send the push twice,
// which the app notices by its content; without a retry the phone may not ring at all.
function parseAccepted({ headers }: HttpAnswer): Outcome {
  const messageId = headers["apns-id"];
  if (typeof messageId === "string" && messageId !== "") return { status: "accepted", messageId };
  return { status: "unavailable", code: "unreadable_answer", mayBeDelivered: true };
}

function readRefusal(text: string): z.infer<typeof refusal> {
  return refusal.safeParse(parseJson(text)).data ?? {};
}

function findRow({ status, body }: HttpAnswer): Row | undefined {
  return answers[`${status} ${readRefusal(body).reason}`];
}

/** Whether a reason may be a quotation of the token, which must not get into a log. */
function quotes(reason: string, token: string): boolean {
  const [one, other] = [reason.toLowerCase(), token.toLowerCase()];
  return one.includes(other) || other.includes(one);
}

// As with FCM: an answer that is no JSON is not APNs', so it says nothing about the push.
function judgeByStatus({ status, body }: HttpAnswer): "unavailable" | "rejected" {
  return parseJson(body) === undefined || isTransient(status) ? "unavailable" : "rejected";
}
