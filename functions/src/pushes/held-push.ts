import { randomUUID } from "node:crypto";
import { Timestamp } from "firebase-admin/firestore";
import { TryAgain } from "../errors.ts";
import type { Services } from "../services.ts";
import { endOf, release } from "./lifecycle.ts";
import { changePush, type PushDocument } from "./push.ts";

/** A push that one worker has leased. */
export interface HeldPush {
  readonly key: string;
  readonly lease: string;
  readonly push: PushDocument;
}

/** Half a minute longer than a worker sends: a worker that has not finished by then is dead, or has stopped sending. */
export const workerLeaseMs = 90_000;

/**
 * Leases a push; `undefined` when it is over, not due yet, or leased by another worker. The minute job settles an
 * expired push.
 */
export async function leasePush(services: Services, key: string): Promise<HeldPush | undefined> {
  const lease = randomUUID();
  const push = await changePush(services, key, (before) => takeLease(before, lease, services.clock.now()));
  if (push === undefined) services.log.error("push_unknown", { pushId: key });
  return push?.lease === lease ? { key, lease, push } : undefined;
}

function takeLease(push: PushDocument, lease: string, now: number): PushDocument {
  if (push.lease === lease || !isFree(push, now)) return push;
  return {
    ...release(push),
    state: "sending",
    lease,
    startedAt: push.startedAt ?? Timestamp.fromMillis(now),
    dueAt: Timestamp.fromMillis(now + workerLeaseMs),
  };
}

function isFree(push: PushDocument, now: number): boolean {
  const { state, notBefore, dueAt } = push;
  if (endOf(push) <= now) return false;
  if (state === "queued") return notBefore === undefined || notBefore.toMillis() <= now;
  return state === "sending" && dueAt !== undefined && dueAt.toMillis() <= now;
}

/** Changes a push that is held. Throws {@link TryAgain} if another worker has taken it over meanwhile. */
export async function changeHeld(
  services: Services,
  { key, lease }: HeldPush,
  change: (push: PushDocument) => PushDocument,
): Promise<PushDocument> {
  let isOurs = false;
  const after = await changePush(services, key, (before) => {
    isOurs = before.lease === lease;
    return isOurs ? change(before) : before;
  });
  if (after === undefined || !isOurs) throw new TryAgain("Another worker has taken this push over");
  return after;
}
