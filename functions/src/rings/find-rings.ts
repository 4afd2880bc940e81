import { Timestamp, type Query } from "firebase-admin/firestore";
import type { Subscribe } from "../firestore/watch-until.ts";
import type { Services } from "../services.ts";
import type { Group } from "./group.ts";
import { buildCallKey, readStored, ringRef, ringsRef, type CallName, type StoredRing } from "./ring.ts";

/** Which rings of a call: all, those of one `ring_id`, those of one exten. Filters are combined with AND. */
export interface RingFilter extends CallName {
  readonly pbxRingId?: string | undefined;
  readonly exten?: string | undefined;
}

/** The filter for all rings of the call of a ring, an announcement or an end. */
export function callOf({ pbxId, linkedId }: CallName): CallName {
  return { pbxId, linkedId };
}

/** The query for the rings that match a filter. */
export function ringsOf({ db }: Pick<Services, "db">, { pbxRingId, exten, ...call }: RingFilter): Query {
  let query = ringsRef(db).where("callKey", "==", buildCallKey(call));
  if (pbxRingId !== undefined) query = query.where("pbxRingId", "==", pbxRingId);
  if (exten !== undefined) query = query.where("exten", "==", exten);
  return query;
}

/** The rings that match a filter, oldest first. */
export async function findRings(services: Pick<Services, "db">, filter: RingFilter): Promise<readonly StoredRing[]> {
  const { docs } = await ringsOf(services, filter).get();
  return docs.flatMap((doc) => readStored(doc) ?? []).toSorted(byCreation);
}

/**
 * The Linkedid of the newest call in which a PBX announced a ring with this `ring_id`; `undefined` if there is none.
 */
export async function findCallOfRing(
  { db }: Pick<Services, "db">,
  pbxId: string,
  pbxRingId: string | undefined,
): Promise<string | undefined> {
  if (pbxRingId === undefined) return undefined;
  const { docs } = await ringsRef(db).where("pbxId", "==", pbxId).where("pbxRingId", "==", pbxRingId).get();
  const newest = docs
    .flatMap((doc) => readStored(doc) ?? [])
    .toSorted(byCreation)
    .at(-1);
  return newest?.ring.linkedId;
}

/** A claim is longest in the past when its request still retries the last write, in milliseconds. */
const settlingMs = 30_000;

/** The rings that were just announced and do not name their user yet. */
export async function findUnsettled({ db, clock }: Pick<Services, "db" | "clock">): Promise<readonly StoredRing[]> {
  const since = Timestamp.fromMillis(clock.now() - settlingMs);
  const { docs } = await ringsRef(db).where("claim.until", ">", since).get();
  return docs.flatMap((doc) => readStored(doc) ?? []).filter(({ ring: { uid } }) => uid === undefined);
}

/** A listener for one ring: its current state and each change; `undefined` if it does not exist. */
export function subscribeToRing({ db }: Pick<Services, "db">, ringId: string): Subscribe<StoredRing | undefined> {
  return (onNext, onError) => ringRef(db, ringId).onSnapshot((snapshot) => onNext(readStored(snapshot)), onError);
}

/** The rings that some of these have joined and that are not among these. */
export async function findLeaders(
  { db }: Pick<Services, "db">,
  rings: readonly StoredRing[],
): Promise<readonly StoredRing[]> {
  const known = new Set(rings.map(({ id }) => id));
  const missing = new Set(
    rings.flatMap(({ ring: { joined } }) => (joined === undefined || known.has(joined) ? [] : joined)),
  );
  if (missing.size === 0) return [];
  const snapshots = await db.getAll(...[...missing].map((id) => ringRef(db, id)));
  return snapshots.flatMap((snapshot) => readStored(snapshot) ?? []);
}

/** The ring whose phones ring for this one: itself, unless it has joined another that is among `rings`. */
export function findLeader(stored: StoredRing, rings: readonly StoredRing[]): StoredRing {
  const { joined } = stored.ring;
  return (joined !== undefined && rings.find(({ id }) => id === joined)) || stored;
}

/** A ring with those of `rings` that share its phones. */
export function groupOf(stored: StoredRing, rings: readonly StoredRing[]): Group {
  const leader = findLeader(stored, rings);
  return [leader, ...rings.filter(({ ring }) => ring.joined === leader.id)];
}

/** Orders rings by Firestore's creation time. */
export function byCreation(one: StoredRing, other: StoredRing): number {
  return isCreatedBefore(one, other) ? -1 : 1;
}

/** Whether a ring was created before another; of two created in the same microsecond the id decides. */
export function isCreatedBefore(one: StoredRing, other: StoredRing): boolean {
  const [here, there] = [one.createTime.valueOf(), other.createTime.valueOf()];
  return here === there ? one.id < other.id : here < there;
}
