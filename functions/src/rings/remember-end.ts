import { AccessDenied } from "../errors.ts";
import { matchesPattern } from "../exten-pattern.ts";
import type { Services } from "../services.ts";
import type { EndReason } from "../wire.ts";
import { buildEndMark, endRef, mergeMarks, readEndMark, type EndTarget } from "./ends.ts";
import { callOf, findLeader, findRings } from "./find-rings.ts";
import { isActive, isLiving } from "./group.ts";
import { hasUntold } from "./phone-state.ts";
import type { Ring, StoredRing } from "./ring.ts";

/** An end as the PBX says it. */
export interface RingEnd extends EndTarget {
  readonly reason: EndReason;
  /** Patterns of the extens that the PBX's key is good for; absent when it is good for all. */
  readonly extens?: readonly string[] | undefined;
}

/**
 * Puts an end on record where it concerns rings still to come, and returns the rings of its call as they are after that,
 * oldest first. An announcement that is not among them finds the end. Throws {@link AccessDenied} when the key does not
 * reach a ring that the end names.
 */
export async function rememberEnd(services: Services, end: RingEnd): Promise<readonly StoredRing[]> {
  if (isAnswer(end)) return findReachable(services, end);
  if (end.pbxRingId === undefined && end.exten !== undefined) return rememberExtenEnd(services, end);
  // A refused end must leave nothing behind. What is announced from here on came later, and is another key's.
  if (end.extens !== undefined) await requireReach(services, end);
  await saveMark(services, end);
  const rings = await findRings(services, callOf(end));
  return rings.filter((stored) => reaches(end, stored) || !names(end, stored));
}

/** An end that names nothing and says that the call was answered silences the rings that live, and closes none that come. */
export function isAnswer({ pbxRingId, exten, reason }: RingEnd): boolean {
  return pbxRingId === undefined && exten === undefined && reason === "answered_elsewhere";
}

/** Whether an end is about a ring. */
export function names(end: RingEnd, { ring }: StoredRing): boolean {
  if (isAnswer(end))
    return ring.answeredAt === undefined && (ring.endedAt === undefined || ring.silencedAt !== undefined);
  const isOfRing = end.pbxRingId === undefined || end.pbxRingId === ring.pbxRingId;
  return isOfRing && (end.exten === undefined || end.exten === ring.exten);
}

/** Whether an end changes a ring that it is about: an answer one that lives, an end also a talk, one by `ring_id` any that is not over for good. */
export function closes(end: RingEnd, ring: Ring, now: number): boolean {
  if (ring.endedAt !== undefined) {
    return end.pbxRingId !== undefined && ring.silencedAt !== undefined && ring.isForGood === undefined;
  }
  if (isAnswer(end)) return isLiving(ring, now);
  return end.pbxRingId !== undefined || isActive(ring, now);
}

/** The end of an exten is remembered only when it has nothing to end; the second look finds what came in between. */
async function rememberExtenEnd(services: Services, end: RingEnd): Promise<readonly StoredRing[]> {
  const hasDue = (rings: readonly StoredRing[]) => findDue(services, end, rings).length > 0;
  const rings = await findReachable(services, end);
  if (hasDue(rings)) return rings;
  await saveMark(services, end);
  const later = await findReachable(services, end);
  if (hasDue(later)) await endRef(services.db, end).delete();
  return later;
}

/** Of the rings of a call those that an end has something to do with: it closes them, or they have a phone still to be told. */
export function findDue({ clock }: Services, end: RingEnd, rings: readonly StoredRing[]): readonly StoredRing[] {
  const now = clock.now();
  const isUntold = (stored: StoredRing) => hasUntold(findLeader(stored, rings).ring);
  return rings.filter((stored) => names(end, stored) && (closes(end, stored.ring, now) || isUntold(stored)));
}

/** A key for some extens must not end rings of others, nor a call of which it cannot be told which extens it rings. */
async function requireReach(services: Services, end: RingEnd): Promise<void> {
  const rings = await findReachable(services, end);
  if (rings.length > 0 || end.pbxRingId !== undefined) return;
  throw new AccessDenied("forbidden", "The key is for certain extens only: name exten or ring_id");
}

/** An end by a key for some extens leaves what another has forbidden; one by a key for all extens comes after all of it. */
async function saveMark({ db, clock }: Services, end: RingEnd): Promise<void> {
  const ref = endRef(db, end);
  const mark = buildEndMark(end, clock.now());
  if (end.extens === undefined) {
    await ref.set(mark);
    return;
  }
  await db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(ref);
    const known = snapshot.exists ? readEndMark(snapshot) : undefined;
    transaction.set(ref, known === undefined ? mark : mergeMarks(known, mark));
  });
}

function reaches({ extens }: RingEnd, { ring }: StoredRing): boolean {
  return extens?.some((pattern) => matchesPattern(pattern, ring.exten)) ?? true;
}

async function findReachable(services: Services, end: RingEnd): Promise<readonly StoredRing[]> {
  const rings = await findRings(services, callOf(end));
  if (rings.every((stored) => reaches(end, stored) || !names(end, stored))) return rings;
  throw new AccessDenied("forbidden", "The key is not for every exten of this call");
}
