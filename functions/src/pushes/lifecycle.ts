import { Timestamp } from "firebase-admin/firestore";
import { ownEntry } from "../own-entry.ts";
import type { PushCounts, PushDocument, PushOutcome, PushState } from "./push.ts";

/** Google's end to retries. */
const longestTryingMs = 60 * 60_000;

/** How long a push that is over can be looked up. */
const keptMs = 30 * 24 * 60 * 60_000;

/** The failure of whoever was not tried in time. */
export const expiredCode = "expired";

/** When a push must have been sent, in milliseconds since the epoch: it expires, or has been tried for an hour. */
export function endOf({ expiresAt, startedAt }: PushDocument): number {
  return Math.min(expiresAt.toMillis(), (startedAt?.toMillis() ?? Number.POSITIVE_INFINITY) + longestTryingMs);
}

/** Whom a push goes to, by the keys of its outcomes. Those of an exten or uid are unknown until it is first tried. */
export function listRecipients({ target, deviceIds = [] }: PushDocument): readonly string[] {
  if ("exten" in target || "uid" in target) return deviceIds;
  if (!("tokens" in target)) return ["0"];
  // A token that is given twice is one phone.
  const firsts = new Map(target.tokens.map((token, index) => [token, index] as const).toReversed());
  return [...firsts.values()].toSorted((one, other) => one - other).map(String);
}

/** A push with what has become known of its recipients. */
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

/** A push whose time is over, or of which nothing is left to be tried: whoever has not been reached will not be. */
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

/** A push that is over: nobody looks at it again, and in a month it is gone. */
export function conclude(push: PushDocument, state: PushState, now: number): PushDocument {
  const isFailure = state !== "sent" && state !== "cancelled";
  return {
    ...release(push),
    state,
    ...(isFailure && { failedAt: Timestamp.fromMillis(now) }),
    removeAt: Timestamp.fromMillis(now + keptMs),
  };
}

/** A push that nobody has, and that nobody is to look at. */
export function release(push: PushDocument): PushDocument {
  const { lease: _lease, dueAt: _dueAt, notBefore: _notBefore, ...rest } = push;
  return rest;
}
