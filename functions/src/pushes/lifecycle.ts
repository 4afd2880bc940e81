import { Timestamp } from "firebase-admin/firestore";
import { ownEntry } from "../own-entry.ts";
import type { PushCounts, PushDocument, PushOutcome, PushState } from "./push.ts";

/** FCM asks for no retries after an hour: https://firebase.google.com/docs/cloud-messaging/scale-fcm */
const maxRetryMs = 60 * 60_000;

/** How long an ended push can be looked up. */
const keptMs = 30 * 24 * 60 * 60_000;

/** The code of a recipient that was not tried in time. */
export const expiredCode = "expired";

/** The deadline of a push, in milliseconds since the epoch: when it expires, or an hour after its first try. */
export function endOf({ expiresAt, startedAt }: PushDocument): number {
  return Math.min(expiresAt.toMillis(), (startedAt?.toMillis() ?? Number.POSITIVE_INFINITY) + maxRetryMs);
}

/** The keys of a push's recipients. Those of an exten or uid are unknown until its first try. */
export function listRecipients({ target, deviceIds = [] }: PushDocument): readonly string[] {
  if ("exten" in target || "uid" in target) return deviceIds;
  if (!("tokens" in target)) return ["0"];
  // A token given twice is one phone.
  const firsts = new Map(target.tokens.map((token, index) => [token, index] as const).toReversed());
  return [...firsts.values()].toSorted((one, other) => one - other).map(String);
}

/** Adds outcomes to a push and updates its counts. */
export function addOutcomes(push: PushDocument, outcomes: Iterable<readonly [string, PushOutcome]>): PushDocument {
  const all = { ...push.outcomes, ...Object.fromEntries(outcomes) };
  const after = { ...push, outcomes: all };
  return { ...after, result: countOutcomes(after) };
}

function countOutcomes(push: PushDocument): PushCounts {
  const counts = { accepted: 0, failed: 0, waiting: 0 };
  for (const { state } of Object.values(push.outcomes)) counts[state] += 1;
  const { accepted, failed } = counts;
  return { accepted, failed, pending: listRecipients(push).length - accepted - failed };
}

/** Ends a push that is too late or has nothing left to try: recipients not reached by now count as failed. */
export function settle(push: PushDocument, now: number): PushDocument {
  const missed = listRecipients(push).flatMap((key): (readonly [string, PushOutcome])[] => {
    const outcome = ownEntry(push.outcomes, key);
    if (outcome !== undefined && outcome.state !== "waiting") return [];
    return [[key, outcome === undefined ? { state: "failed", code: expiredCode } : { ...outcome, state: "failed" }]];
  });
  const settled = addOutcomes(push, missed);
  return conclude(settled, deriveFinalState(settled), now);
}

function deriveFinalState({ deviceIds, outcomes, result }: PushDocument): PushState {
  if (result !== undefined && result.accepted > 0) return result.failed > 0 ? "partly_sent" : "sent";
  if (deviceIds?.length === 0) return "failed";
  const isUntried = Object.values(outcomes).every(
    (outcome) => outcome.state === "failed" && outcome.code === expiredCode,
  );
  return isUntried ? "expired" : "failed";
}

/** Ends a push in this state: no job handles it again, and it is removed a month later. */
export function conclude(push: PushDocument, state: PushState, now: number): PushDocument {
  const isFailure = state !== "sent" && state !== "cancelled";
  return {
    ...release(push),
    state,
    ...(isFailure && { failedAt: Timestamp.fromMillis(now) }),
    removeAt: Timestamp.fromMillis(now + keptMs),
  };
}

/** Removes a push's lease and due times. */
export function release(push: PushDocument): PushDocument {
  const { lease: _lease, dueAt: _dueAt, notBefore: _notBefore, ...rest } = push;
  return rest;
}
