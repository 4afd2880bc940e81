import { randomUUID } from "node:crypto";
import { Timestamp } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { endOf, release, settle } from "./lifecycle.ts";
import { publishLeaseMs, publishPushes } from "./publish-pushes.ts";
import { changePush, pushesRef, type PushDocument } from "./push.ts";
import { logPush } from "./log-push.ts";

/** How many pushes are leased and published together. */
const pageSize = 100;

/** Less than the minute until the next run. */
const workMs = 45_000;

/**
 * Publishes all due pushes to the workers, oldest first: those whose time has come, those whose message was lost and
 * those whose worker has died. A push that is too late is settled as it is. When several runs overlap, only one of them
 * publishes a given push.
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
    // A push that could not be leased would also be first on the next page.
    if (page.size < pageSize || leases.includes("failed")) return;
  }
}

async function leaseDue(services: Services, key: string): Promise<"leased" | "left" | "failed"> {
  const lease = randomUUID();
  try {
    const push = await changePush(services, key, (before) => takeLease(before, lease, services.clock.now()));
    if (push?.removeAt !== undefined) logPush(services, key, push);
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
