import type { ExchangeResult } from "./exchange.ts";
import type { Outcome } from "./outcome.ts";
import { notWanted } from "./retry.ts";

/** Marks a failure whose request was sent before, without an answer: that one may have been accepted. */
export function markUnsure(outcome: Outcome): Outcome {
  return outcome.status === "accepted" ? outcome : { ...outcome, mayBeDelivered: true };
}

/** The outcome of a request without an answer; an outcome stays as it is. */
export function nameUnanswered(result: Exclude<ExchangeResult, { status: "answered" }> | Outcome): Outcome {
  switch (result.status) {
    case "timeout":
      return { status: "unavailable", code: "timeout", mayBeDelivered: true };
    case "unwanted":
      return notWanted;
    case "lost":
      return { status: "unavailable", code: result.reason ?? "connection_lost", mayBeDelivered: true };
    case "failed":
      return { status: "unavailable", code: result.code, ...(result.wasSent && { mayBeDelivered: true }) };
    default:
      return result;
  }
}
