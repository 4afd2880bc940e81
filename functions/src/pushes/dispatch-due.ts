import { randomUUID } from "node:crypto";
import { Timestamp } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { endOf, release, settle } from "./lifecycle.ts";
import { publishLeaseMs, publishPushes } from "./publish-pushes.ts";
import { changePush, pushesRef, type PushDocument } from "./push.ts";
import { reportPush } from "./report-push.ts";

/** How many pushes are leased and published together. */
const pageSize = 100;

/** The next run is a minute after this one. */
const workMs = 45_000;

/**
 * Hands every push that is due to the workers, oldest first: those whose time has come, those that were lost on the way
 * and those whose worker has died. One that comes too late is settled as it stands. However many run at once, each push
 * is handed over by one of them.
 */
export async function dispatchDue(services: Services): Promise<void> {
  const { clock, db, log } = services;
  const endsAt = clock.now() + workMs;
  while (clock.now() < endsAt) {
    const due = pushesRef(db).where("dueAt", "<=", Timestamp.fromMillis(clock.now())).orderBy("dueAt");
    const page = await due.limit(pageSize).select().get();
    const leases = await Promise.all(page.docs.map(({ id }) => leaseDue(services, id)));
    const leased = page.docs.map(({ id }) => id).filter((_, index) => leases[index] === "leased");
    if (leased.length > 0) {
      log.info("pushes_dispatched", { pushes: leased.length });
      if (!(await publishPushes(services, leased))) return;
    }
    // A push that could not be leased would head the next page as well.
    if (page.size < pageSize || leases.includes("failed")) return;
  }
}

async function leaseDue(services: Services, key: string): Promise<"leased" | "left" | "failed"> {
  const lease = randomUUID();
  try {
    const push = await changePush(services, key, (before) => takeLease(before, lease, services.clock.now()));
    if (push?.removeAt !== undefined) reportPush(services, key, push);
    return push?.lease === lease ? "leased" : "left";
  } catch (error) {
    services.log.error("push_not_dispatched", { pushId: key, error });
    return "failed";
  }
}

function takeLease(push: PushDocument, lease: string, now: number): PushDocument {
  if (push.dueAt === undefined || push.dueAt.toMillis() > now) return push;
  if (endOf(push) <= now) return settle(push, now);
  return { ...release(push), state: "queued", lease, dueAt: Timestamp.fromMillis(now + publishLeaseMs) };
}
