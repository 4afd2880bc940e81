import type { Answer } from "../exchange.ts";
import { GONE, STATUS_OF_REASON } from "./reasons.ts";
import type { ApnsReason } from "./reasons.ts";

/** Why APNs refuses a push. */
export interface Refusal {
  readonly reason: ApnsReason;
  /** For a token that is no longer valid: since when, in milliseconds since the Unix epoch. */
  readonly timestamp?: number | undefined;
}

/** APNs' answer to a push that it accepts. */
export function buildAcceptedAnswer(apnsId: string): Answer {
  return { status: 200, headers: { "apns-id": apnsId }, body: "" };
}

/** APNs' answer to a push that it refuses; only 410 has a timestamp. */
export function buildErrorAnswer({ reason, timestamp }: Refusal, apnsId: string): Answer {
  const status = STATUS_OF_REASON[reason];
  return {
    status,
    headers: { "content-type": "application/json", "apns-id": apnsId },
    body: JSON.stringify(status === GONE ? { reason, timestamp } : { reason }),
  };
}
