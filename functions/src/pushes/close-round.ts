import { Timestamp } from "firebase-admin/firestore";
import { bulkBudget } from "../fcm/bulk-budget.ts";
import type { Outcome } from "../transport/outcome.ts";
import type { ResolvedPush } from "./find-recipients.ts";
import { addOutcomes, endOf, release, settle } from "./lifecycle.ts";
import { recordOutcome } from "./progress.ts";
import type { PushDocument, PushOutcome } from "./push.ts";

/** The result of one worker's round. */
export interface Round {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Most tries that any recipient had, earlier workers included. */
  readonly tries: number;
}

/** The code of a device that was unregistered, or changed hands, meanwhile. */
const goneCode = "device_gone";

/**
 * Updates a push after a round: it is settled, or queued until the longest wait that FCM or its rules ask for is over.
 * A recipient whose next try would come after the push has expired counts as failed.
 */
export function closeRound(
  { push, gone }: ResolvedPush,
  { outcomes, tries }: Round,
  now: number,
): (push: PushDocument) => PushDocument {
  const end = endOf(push);
  const known = new Map<string, PushOutcome>(gone.map((key) => [key, { state: "failed", code: goneCode }]));
  let retryAt = 0;
  for (const [key, outcome] of outcomes) {
    const againAt = outcome.status === "unavailable" ? now + waitAfter(outcome, tries) : 0;
    const recorded = recordOutcome(outcome);
    known.set(key, recorded.state === "waiting" && againAt >= end ? { ...recorded, state: "failed" } : recorded);
    if (againAt < end) retryAt = Math.max(retryAt, againAt);
  }
  return (before) => {
    const after = addOutcomes(before, known);
    if (retryAt === 0) return settle(after, now);
    const due = Timestamp.fromMillis(retryAt);
    return { ...release(after), state: "queued", tries, notBefore: due, dueAt: due };
  };
}

function waitAfter(failure: Extract<Outcome, { status: "unavailable" }>, tries: number): number {
  const retries = Math.max(0, tries - 1);
  return Math.ceil(bulkBudget().retryDelayMs(failure, retries, Math.random()) ?? Number.POSITIVE_INFINITY);
}
