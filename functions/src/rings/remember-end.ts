import { AccessDenied } from "../errors.ts";
import { matchesPattern } from "../exten-pattern.ts";
import type { Services } from "../services.ts";
import type { EndReason } from "../wire.ts";
import { buildEndMark, endRef, mergeMarks, readEndMark, type EndTarget } from "./ends.ts";
import { callOf, findRings, groupOf } from "./find-rings.ts";
import { isActive, isLiving, mayHaveUnrecorded, mayRingOn } from "./group.ts";
import { hasUntold } from "./phone-state.ts";
import { findRepeated } from "./recent-ring.ts";
import type { Ring, StoredRing } from "./ring.ts";

/** An end that a PBX sends. */
export interface RingEnd extends EndTarget {
  readonly reason: EndReason;
  /** Patterns of the extens that the PBX's key allows; absent if it allows all. */
  readonly extens?: readonly string[] | undefined;
}

/**
 * Records an end if it concerns later rings, and then returns the rings of its call, oldest first. An announcement that
 * is not among them finds the recorded end. Throws {@link AccessDenied} if the key does not allow a ring that the end
 * names.
 */
export async function rememberEnd(services: Services, end: RingEnd): Promise<readonly StoredRing[]> {
  if (isAnswer(end)) return findReachable(services, end);
  if (end.pbxRingId === undefined && end.exten !== undefined) return rememberExtenEnd(services, end);
  // A refused end must record nothing. A ring that is announced after this check came after the end, and is another
  // key's.
  if (end.extens !== undefined) await requireReach(services, end);
  await saveMark(services, end);
  const rings = await findRings(services, callOf(end));
  return rings.filter((stored) => reaches(end, stored) || !concerns(end, stored));
}

/**
 * Whether an end is an answer: it names no ring and says that the call was answered. It silences the living rings and
 * closes no later ones.
 */
export function isAnswer({ pbxRingId, exten, reason }: RingEnd): boolean {
  return pbxRingId === undefined && exten === undefined && reason === "answered_elsewhere";
}

/** Whether an end concerns a ring. */
export function concerns(end: RingEnd, { ring }: StoredRing): boolean {
  if (isAnswer(end))
    return ring.answeredAt === undefined && (ring.endedAt === undefined || ring.silencedAt !== undefined);
  const isOfRing = end.pbxRingId === undefined || end.pbxRingId === ring.pbxRingId;
  return isOfRing && (end.exten === undefined || end.exten === ring.exten);
}

/**
 * Whether an end closes a ring that it concerns: an answer closes a living one, an end also one that was answered, an
 * end by `ring_id` any. One that an answer has silenced is closed by its `ring_id` alone.
 */
export function closes(end: RingEnd, ring: Ring, now: number): boolean {
  if (ring.endedAt !== undefined) {
    return end.pbxRingId !== undefined && ring.silencedAt !== undefined && ring.isForGood === undefined;
  }
  if (isAnswer(end)) return isLiving(ring, now);
  return end.pbxRingId !== undefined || isActive(ring, now);
}

/**
 * The end of an exten is remembered only if there is nothing to end; the second read finds rings announced in between.
 */
async function rememberExtenEnd(services: Services, end: RingEnd): Promise<readonly StoredRing[]> {
  const now = services.clock.now();
  // A repeat of a ring that has just ended makes no phone ring, although it is not withdrawn yet.
  const isRepeat = (stored: StoredRing, rings: readonly StoredRing[]) =>
    stored.ring.answer === undefined && findRepeated(stored, rings, now)?.kind === "over";
  const hasDue = (rings: readonly StoredRing[]) =>
    rings.some((stored) => {
      if (!concerns(end, stored) || isRepeat(stored, rings)) return false;
      const group = groupOf(stored, rings);
      return closes(end, stored.ring, now) || hasUntold(group[0].ring) || mayHaveUnrecorded(group, now);
    });
  const rings = await findReachable(services, end);
  if (hasDue(rings)) return rings;
  await saveMark(services, end);
  const later = await findReachable(services, end);
  if (hasDue(later)) await endRef(services.db, end).delete();
  return later;
}

/** The rings of a call that an end must handle: it closes them, or one of their phones may ring and must be told. */
export function findDue({ clock }: Services, end: RingEnd, rings: readonly StoredRing[]): readonly StoredRing[] {
  const now = clock.now();
  const mustTell = (stored: StoredRing) => {
    const group = groupOf(stored, rings);
    return hasUntold(group[0].ring) || mayRingOn(group, now);
  };
  // An answer leaves an answered ring as it is, but other phones of that ring may have to be told.
  const isAnswered = ({ ring }: StoredRing) => isAnswer(end) && ring.answeredAt !== undefined;
  return rings.filter((stored) => {
    if (!concerns(end, stored)) return isAnswered(stored) && reaches(end, stored) && mustTell(stored);
    return closes(end, stored.ring, now) || mustTell(stored);
  });
}

/** A key for some extens must not end rings of others, nor a call whose extens are unknown. */
async function requireReach(services: Services, end: RingEnd): Promise<void> {
  const rings = await findReachable(services, end);
  if (rings.length > 0 || end.pbxRingId !== undefined) return;
  throw new AccessDenied("forbidden", "The key is for certain extens only: name exten or ring_id");
}

/** An end by a key for some extens keeps what another end forbids; one by a key for all extens replaces it. */
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

/** Whether the key of an end is for the exten of a ring. */
export function reaches({ extens }: RingEnd, { ring }: StoredRing): boolean {
  return extens?.some((pattern) => matchesPattern(pattern, ring.exten)) ?? true;
}

async function findReachable(services: Services, end: RingEnd): Promise<readonly StoredRing[]> {
  const rings = await findRings(services, callOf(end));
  const isAllowed = rings.every((stored) => reaches(end, stored) || !concerns(end, stored));
  // An answer names nothing: the key must be for one of the rings at least.
  const isOthers = isAnswer(end) && rings.length > 0 && !rings.some((stored) => reaches(end, stored));
  if (isAllowed && !isOthers) return rings;
  throw new AccessDenied("forbidden", "The key is not for every exten of this call");
}
