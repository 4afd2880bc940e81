import { AccessDenied } from "../errors.ts";
import { matchesPattern } from "../exten-pattern.ts";
import type { Services } from "../services.ts";
import type { EndReason } from "../wire.ts";
import { buildEndMark, endRef, mergeMarks, readEndMark, type EndTarget } from "./ends.ts";
import { callOf, findRings } from "./find-rings.ts";
import { isActive } from "./group.ts";
import { isUntold } from "./phone-state.ts";
import type { StoredRing } from "./ring.ts";

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
  // A refused end must leave nothing behind.
  if (end.extens !== undefined) await requireReach(services, end);
  await saveMark(services, end);
  return findReachable(services, end);
}

/** An end that names nothing and says that the call was answered silences the rings that live, and closes none that come. */
export function isAnswer({ pbxRingId, exten, reason }: RingEnd): boolean {
  return pbxRingId === undefined && exten === undefined && reason === "answered_elsewhere";
}

/** Whether an end is about a ring. */
export function names(end: RingEnd, { ring }: StoredRing): boolean {
  if (isAnswer(end)) return ring.endedAt === undefined && ring.answeredAt === undefined;
  const isOfRing = end.pbxRingId === undefined || end.pbxRingId === ring.pbxRingId;
  return isOfRing && (end.exten === undefined || end.exten === ring.exten);
}

/** Whether a ring has phones that are to be told of its end and have not been. */
export function hasUntold({ ring }: StoredRing): boolean {
  return Object.values(ring.phones).some(isUntold);
}

/** The end of an exten is remembered only when it has nothing to end; the second look finds what came in between. */
async function rememberExtenEnd(services: Services, end: RingEnd): Promise<readonly StoredRing[]> {
  const hasDue = (rings: readonly StoredRing[]) => {
    const now = services.clock.now();
    return rings.some((stored) => names(end, stored) && (isActive(stored.ring, now) || hasUntold(stored)));
  };
  const rings = await findReachable(services, end);
  if (hasDue(rings)) return rings;
  await saveMark(services, end);
  const later = await findReachable(services, end);
  if (hasDue(later)) await endRef(services.db, end).delete();
  return later;
}

/** A key for some extens must not end rings of others, nor a call of which it cannot be told which extens it rings. */
async function requireReach(services: Services, end: RingEnd): Promise<void> {
  const rings = await findReachable(services, end);
  if (rings.length > 0 || end.pbxRingId !== undefined) return;
  throw new AccessDenied("forbidden", "The key is for certain extens only: name exten or ring_id");
}

/** An end by a key for some extens adds them to those that the mark forbids already. */
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
    transaction.set(ref, known === undefined ? mark : mergeMarks(known, mark, clock.now()));
  });
}

async function findReachable(services: Services, end: RingEnd): Promise<readonly StoredRing[]> {
  const rings = await findRings(services, callOf(end));
  const isReachable = ({ ring }: StoredRing) => {
    return end.extens?.some((pattern) => matchesPattern(pattern, ring.exten)) ?? true;
  };
  if (rings.filter((stored) => names(end, stored)).every(isReachable)) return rings;
  throw new AccessDenied("forbidden", "The key is not for every exten of this call");
}
