import { randomUUID } from "node:crypto";
import { Timestamp, type DocumentReference, type WriteBatch } from "firebase-admin/firestore";
import type { Device } from "../../devices/device.ts";
import { TryAgain } from "../../errors.ts";
import { hasStatus } from "../../firestore/status.ts";
import { findLine } from "../../lines/lines.ts";
import type { Services } from "../../services.ts";
import { changeRing } from "../change-ring.ts";
import { endRefsOf, isRemembered, namedEndRefsOf, readEndMark } from "../ends.ts";
import { callOf, findRings } from "../find-rings.ts";
import { isLiving, withRings, type Group } from "../group.ts";
import { logAnnounced } from "../log-rings.ts";
import { buildRingId, overBefore, ringRef, type Ring, type StoredRing } from "../ring.ts";
import { findPhones } from "./find-phones.ts";
import { buildRing, type Announced, type Announcement, type Run } from "./announcement.ts";
import { judge, planFirst, type Met, type Plan, type Seen } from "./judge.ts";
import { awaitTurn, takeTurn } from "./turn.ts";

/** A further try means that the records changed after the last read; more than this in a row are a fault. */
const maxTries = 10;

/**
 * Announces that a call rings an exten: wakes its phones at once and records the outcome of each push. Idempotent: a
 * repeat gets the same answer without a second push, and takes over from a request that died. Throws {@link TryAgain}
 * if other requests work on the ring for too long.
 */
export async function announceRing(services: Services, announcement: Announcement): Promise<Announced> {
  const run: Run = { announcement, by: randomUUID(), receivedAt: services.clock.now() };
  let plan = planFirst(announcement);
  for (let tries = 0; tries < maxTries; tries += 1) {
    const knownAt = services.clock.now();
    const { created, devices } = await createAndFind(services, run, plan);
    if (created !== undefined)
      return takeTurn(services, run, { group: [created], devices, knownAt, mayHavePushed: false });
    const met = judge(announcement, run.by, await look(services, announcement), services.clock.now());
    switch (met.kind) {
      case "own":
        return takeTurn(services, run, { group: [met.stored], devices, knownAt, mayHavePushed: false });
      case "repeated":
        return awaitTurn(services, run, met.ringId);
      case "nameless":
        if (await adoptRing(services, announcement, met)) return awaitTurn(services, run, met.ringId);
        break;
      case "over":
        return { ringId: met.ringId, answer: overBefore };
      case "forbidden":
        if (await recordOver(services, run, met, devices)) return { ringId: met.ringId, answer: overBefore };
        break;
      case "free":
        plan = met.plan;
    }
  }
  throw new TryAgain("Too many requests announce this ring at once; retry the same request");
}

/** The only round trip before a call push is sent. */
async function createAndFind(services: Services, run: Run, plan: Plan) {
  const [creation, finding] = await Promise.allSettled([
    createRing(services, run, plan),
    findPhones(services, run.announcement),
  ]);
  if (creation.status === "rejected") throw creation.reason;
  if (finding.status === "fulfilled") return { created: creation.value, devices: finding.value };
  if (creation.value !== undefined) await removeNew(services, creation.value);
  throw finding.reason;
}

/**
 * Deletes a ring whose phones could not be looked up, so that a repeat need not wait until the claim expires. Keeps it
 * if another request has changed it by now.
 */
async function removeNew({ db }: Services, { id, updateTime }: StoredRing): Promise<void> {
  try {
    await ringRef(db, id).delete({ lastUpdateTime: updateTime });
  } catch (error) {
    if (!hasStatus(error, "FAILED_PRECONDITION", "NOT_FOUND")) throw error;
  }
}

/** Creates the ring in one request; `undefined` if it exists already or an end forbids it. */
async function createRing(
  services: Services,
  { announcement, by }: Run,
  { ringId, unnamed, passed }: Plan,
): Promise<StoredRing | undefined> {
  const { db, clock } = services;
  const batch = db.batch();
  requirePassed(batch, endRefsOf(db, announcement), passed, clock.now());
  if (announcement.pbxRingId !== undefined) {
    // An announcer without ring ids may be announcing the same ring.
    batch.delete(ringRef(db, buildRingId(announcement, announcement.exten, unnamed)), { exists: false });
  }
  const ring = buildRing(announcement, by, clock.now());
  return commitNew(batch.create(ringRef(db, ringId), ring), ringId, ring);
}

/**
 * Adds the condition that there are no ends except the `passed` ones, unchanged since they were read. Expired ends are
 * deleted; an end by a key for other extens stays.
 */
function requirePassed(
  batch: WriteBatch,
  refs: readonly DocumentReference[],
  passed: Plan["passed"],
  now: number,
): void {
  for (const ref of refs) {
    const end = passed.get(ref.id);
    if (end === undefined) {
      batch.delete(ref, { exists: false });
      continue;
    }
    const { mark, updateTime: lastUpdateTime } = end;
    if (isRemembered(mark, now)) batch.update(ref, { removeAt: mark.removeAt }, { lastUpdateTime });
    else batch.delete(ref, { lastUpdateTime });
  }
}

async function commitNew(batch: WriteBatch, id: string, ring: Ring): Promise<StoredRing | undefined> {
  try {
    const results = await batch.commit();
    const time = results.at(-1)?.writeTime ?? Timestamp.now();
    return { id, ring, createTime: time, updateTime: time };
  } catch (error) {
    if (hasStatus(error, "ALREADY_EXISTS", "FAILED_PRECONDITION", "NOT_FOUND", "ABORTED")) return undefined;
    throw error;
  }
}

async function look(services: Services, announcement: Announcement): Promise<Seen> {
  const { db } = services;
  const [rings, snapshots] = await Promise.all([
    findRings(services, { ...callOf(announcement), exten: announcement.exten }),
    db.getAll(...endRefsOf(db, announcement)),
  ]);
  const ends = snapshots.flatMap((snapshot) => {
    const { id, updateTime } = snapshot;
    return updateTime === undefined ? [] : [{ id, mark: readEndMark(snapshot), updateTime }];
  });
  return { rings, ends };
}

/**
 * Gives a `ring_id` to a ring without one; false if it has one by now or is over, or if an end with this `ring_id` came before.
 */
async function adoptRing(
  services: Services,
  announcement: Announcement,
  { ringId, plan: { passed } }: { readonly ringId: string; readonly plan: Plan },
): Promise<boolean> {
  const { db, clock } = services;
  const { pbxRingId } = announcement;
  if (pbxRingId === undefined) return false;
  const adopt = (group: Group, now: number) =>
    withRings(group, (ring, { id }) => {
      return id === ringId && ring.pbxRingId === undefined && isLiving(ring, now) ? { ...ring, pbxRingId } : ring;
    });
  const require = (batch: WriteBatch) => {
    requirePassed(batch, namedEndRefsOf(db, announcement), passed, clock.now());
  };
  try {
    const changed = await changeRing(services, ringId, adopt, { require });
    return changed?.group.some(({ id, ring }) => id === ringId && ring.pbxRingId === pbxRingId) === true;
  } catch (error) {
    if (hasStatus(error, "ALREADY_EXISTS")) return false;
    throw error;
  }
}

/** Records a ring that was ended before its announcement, for the history; false if another request was faster. */
async function recordOver(
  services: Services,
  run: Run,
  { ringId, reason, at }: Extract<Met, { kind: "forbidden" }>,
  devices: readonly Device[],
): Promise<boolean> {
  const { db, clock } = services;
  const { announcement, by } = run;
  const uid = devices[0]?.uid ?? (await findLine(services, announcement.line))?.uid;
  const ring: Ring = {
    ...buildRing(announcement, by, clock.now()),
    ...(uid !== undefined && { uid }),
    status: "ended",
    answer: overBefore,
    endedAt: at,
    endReason: reason,
  };
  const created = await commitNew(db.batch().create(ringRef(db, ringId), ring), ringId, ring);
  if (created !== undefined) logAnnounced(services, run, { ringId, answer: overBefore, pushed: [] });
  return created !== undefined;
}
