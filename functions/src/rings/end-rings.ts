import { AccessDenied } from "../errors.ts";
import { findDevicesOfExten } from "../devices/find-devices.ts";
import { matchesPattern } from "../exten-pattern.ts";
import { watchUntil } from "../firestore/watch-until.ts";
import type { Services } from "../services.ts";
import type { CallStatus, EndReason } from "../wire.ts";
import { changeRing, type Changed } from "./change-ring.ts";
import { endGroups } from "./end-groups.ts";
import { buildEndMark, endRef, type EndTarget } from "./ends.ts";
import { callOf, findRings } from "./find-rings.ts";
import { endUnknown, findStopReason, isActive, withPhones, type Group } from "./group.ts";
import { isUntold } from "./phone-state.ts";
import { readStored, ringRef, type StoredRing } from "./ring.ts";
import { summarizeRings } from "./summarize-rings.ts";
import { tellPhones } from "./tell-phones.ts";

/** An end as the PBX says it. */
export interface RingEnd extends EndTarget {
  readonly reason: EndReason;
  /** Patterns of the extens that the PBX's key is good for; absent when it is good for all. */
  readonly extens?: readonly string[] | undefined;
}

/** How the call stands after an end, and how many phones FCM took the end push for. */
export interface Ended {
  readonly status: CallStatus;
  readonly notified: number;
}

/**
 * Ends what an end names and nothing else: the rings of a `ring_id`, known or still to come, for good; the living rings of
 * an exten, or if it has none those of the next ten seconds; the rings of the call and those of the next ten seconds. Every
 * phone that is to stop is told. Again, it tells the phones that could not be told before. Returns `undefined` when nothing
 * is known of what it names; an end that comes before its ring is remembered all the same.
 */
export async function endRings(services: Services, end: RingEnd): Promise<Ended | undefined> {
  const rings = await findAndRemember(services, end);
  const named = rings.filter((stored) => isNamed(end, stored));
  const isDue = (stored: StoredRing) => stored.ring.endedAt === undefined || hasUntold(stored);
  const changes = await endGroups(services, named.filter(isDue), end.reason);
  const told = await tellAll(services, changes);
  const notified = told + (await tellAbandoned(services, changes));
  if (rings.length === 0) return undefined;
  const after = new Map(changes.flatMap(({ group }) => group).map((stored) => [stored.id, stored]));
  const standing = rings.map((stored) => after.get(stored.id) ?? stored);
  return { status: summarizeRings(standing, services.clock.now()).status, notified };
}

/** The rings of the call, after the end is on record if it may concern rings still to come. */
async function findAndRemember(services: Services, end: RingEnd): Promise<readonly StoredRing[]> {
  const { db, clock } = services;
  const find = async () => findReachable(services, end);
  const remember = async () => endRef(db, end).set(buildEndMark(end, clock.now()));
  if (isAnswer(end)) return find();
  if (end.exten !== undefined && end.pbxRingId === undefined) {
    // Remembered only when there is nothing to end; what is announced meanwhile is found by the second look.
    const isFound = (rings: readonly StoredRing[]) => rings.some((stored) => isNamed(end, stored) && isOpen(stored));
    const rings = await find();
    if (isFound(rings)) return rings;
    await remember();
    const later = await find();
    if (isFound(later)) await endRef(db, end).delete();
    return later;
  }
  if (end.pbxRingId === undefined && end.extens !== undefined && (await find()).length === 0) {
    // Which extens the call rings cannot be told, so that the key might close those of others.
    throw new AccessDenied("forbidden", "The key is for certain extens only: name exten or ring_id");
  }
  await remember();
  return find();

  function isOpen(stored: StoredRing): boolean {
    return isActive(stored.ring, clock.now()) || hasUntold(stored);
  }
}

/** An end by answer names nothing: it silences the rings that live, and closes none that come. */
function isAnswer({ pbxRingId, exten, reason }: RingEnd): boolean {
  return pbxRingId === undefined && exten === undefined && reason === "answered_elsewhere";
}

function isNamed(end: RingEnd, { ring }: StoredRing): boolean {
  if (isAnswer(end)) return ring.endedAt === undefined && ring.answeredAt === undefined;
  const isOfRing = end.pbxRingId === undefined || end.pbxRingId === ring.pbxRingId;
  return isOfRing && (end.exten === undefined || end.exten === ring.exten);
}

/** The rings of the call; throws {@link AccessDenied} when the key does not reach one that the end names. */
async function findReachable(services: Services, end: RingEnd): Promise<readonly StoredRing[]> {
  const rings = await findRings(services, callOf(end));
  const { extens } = end;
  const isReachable = ({ ring }: StoredRing) => extens?.some((pattern) => matchesPattern(pattern, ring.exten)) ?? true;
  if (!rings.filter((stored) => isNamed(end, stored)).every(isReachable)) {
    throw new AccessDenied("forbidden", "The key is not for every exten of this call");
  }
  return rings;
}

function hasUntold({ ring }: StoredRing): boolean {
  return Object.values(ring.phones).some(isUntold);
}

async function tellAll(services: Services, changes: readonly Changed[]): Promise<number> {
  const told = await Promise.allSettled(changes.map(async (changed) => tellPhones(services, changed)));
  const failed = told.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return told.reduce((sum, one) => sum + (one.status === "fulfilled" ? one.value : 0), 0);
}

/**
 * A request that is still pushing for an ended ring tells the phones itself as soon as it knows them. When it has died, they
 * are told here: it may have pushed without the record's knowing.
 */
async function tellAbandoned(services: Services, changes: readonly Changed[]): Promise<number> {
  const open = changes.filter(
    ({ group }) => group[0].ring.answer === undefined && findStopReason(group, "") !== undefined,
  );
  const told = await Promise.all(
    open.map(async ({ group: [stored] }) => {
      if (await awaitSettled(services, stored)) return 0;
      const devices = await findDevicesOfExten(services, stored.ring.exten);
      const ids = devices.map(({ deviceId }) => deviceId);
      const changed = await changeRing(services, stored.id, (group) => endAbandoned(group, ids));
      return changed === undefined ? 0 : tellPhones(services, changed);
    }),
  );
  return told.reduce((sum, count) => sum + count, 0);
}

function endAbandoned(group: Group, deviceIds: readonly string[]): Group {
  const { answer, phones } = group[0].ring;
  const reason = findStopReason(group, "");
  return answer !== undefined || reason === undefined
    ? group
    : withPhones(group, endUnknown(phones, deviceIds, reason));
}

/** Waits while a request has the claim; whether it has settled the ring. */
async function awaitSettled({ db, clock }: Services, { id, ring }: StoredRing): Promise<boolean> {
  const leftMs = ring.claim.until.toMillis() - clock.now();
  if (leftMs <= 0) return false;
  const stored = await watchUntil<StoredRing | undefined>(
    clock,
    (onNext, onError) => ringRef(db, id).onSnapshot((snapshot) => onNext(readStored(snapshot)), onError),
    { ms: leftMs, settlesInMs: (seen) => (seen?.ring.answer === undefined ? Number.POSITIVE_INFINITY : 0) },
  );
  return stored?.ring.answer !== undefined;
}
