import { Timestamp } from "firebase-admin/firestore";
import { ownEntry } from "../own-entry.ts";
import type { PushCounts, PushDocument, PushOutcome, PushState } from "./push.ts";

/** FCM asks for no retries after an hour: https://firebase.google.com/docs/cloud-messaging/scale-fcm */
const longestTryingMs = 60 * 60_000;

/** How long a push that is over can be looked up. */
const keptMs = 30 * 24 * 60 * 60_000;

/** The code of a recipient that was not tried in time. */
export const expiredCode = "expired";

/** When a push must have been sent, in milliseconds since the epoch: it expires, or has been tried for an hour. */
export function endOf({ expiresAt, startedAt }: PushDocument): number {
  return Math.min(expiresAt.toMillis(), (startedAt?.toMillis() ?? Number.POSITIVE_INFINITY) + longestTryingMs);
}

/** The recipients of a push, by the keys of its outcomes. Those of an exten or uid are unknown until it is first tried. */
export function listRecipients({ target, deviceIds = [] }: PushDocument): readonly string[] {
  if ("exten" in target || "uid" in target) return deviceIds;
  if (!("tokens" in target)) return ["0"];
  // A token that is given twice is one phone.
  const firsts = new Map(target.tokens.map((token, index) => [token, index] as const).toReversed());
  return [...firsts.values()].toSorted((one, other) => one - other).map(String);
}

/** Adds outcomes to a push, and counts them. */
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

/** Ends a push whose time is over, or that has nothing left to try: recipients not reached by now have failed. */
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

/** Ends a push in this state: no job looks at it again, and a month later it is removed. */
export function conclude(push: PushDocument, state: PushState, now: number): PushDocument {
  const isFailure = state !== "sent" && state !== "cancelled";
  return {
    ...release(push),
    state,
    ...(isFailure && { failedAt: Timestamp.fromMillis(now) }),
    removeAt: Timestamp.fromMillis(now + keptMs),
  };
}

/** Takes the lease and the next look from a push. */
export function release(push: PushDocument): PushDocument {
  const { lease: _lease, dueAt: _dueAt, notBefore: _notBefore, ...rest } = push;
  return rest;
}
