import { Timestamp } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { addOutcomes } from "./lifecycle.ts";
import { defaultLifeMs } from "./plan-times.ts";
import { publishLeaseMs, publishPushes } from "./publish-pushes.ts";
import { changePush, type PushDocument } from "./push.ts";

/** The result of a resend. */
export type Resent = "queued" | "unknown" | "nothing_failed";

/**
 * Resends a push to its failed recipients as if it were new: it expires in four hours and may be tried for an hour. It
 * skips a push that is being sent or has no failed recipients.
 */
export async function resendPush(services: Services, key: string): Promise<Resent> {
  const now = services.clock.now();
  let isReopened = false;
  const push = await changePush(services, key, (before) => {
    isReopened = before.failedAt !== undefined;
    return isReopened ? reopen(before, now) : before;
  });
  if (push === undefined) return "unknown";
  if (!isReopened) return "nothing_failed";
  await publishPushes(services, [key]);
  return "queued";
}

function reopen(push: PushDocument, now: number): PushDocument {
  const { failedAt: _failedAt, removeAt: _removeAt, startedAt: _startedAt, tries: _tries, ...rest } = push;
  const accepted = Object.entries(push.outcomes).filter(([, { state }]) => state === "accepted");
  const { deviceIds, uid: _uid, ...unresolved } = rest;
  // An exten that had no phones may have some now.
  const again = deviceIds?.length === 0 ? unresolved : rest;
  return {
    ...addOutcomes({ ...again, outcomes: {} }, accepted),
    state: "queued",
    expiresAt: Timestamp.fromMillis(Math.max(push.expiresAt.toMillis(), now + defaultLifeMs)),
    dueAt: Timestamp.fromMillis(now + publishLeaseMs),
  };
}
