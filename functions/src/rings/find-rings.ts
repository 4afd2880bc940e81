import type { Query } from "firebase-admin/firestore";
import type { Subscribe } from "../firestore/watch-until.ts";
import type { Services } from "../services.ts";
import { buildCallKey, readStored, ringRef, ringsRef, type CallName, type StoredRing } from "./ring.ts";

/** Which rings of a call: all, those of one `ring_id`, those of one exten. Filters are combined with AND. */
export interface RingFilter extends CallName {
  readonly pbxRingId?: string | undefined;
  readonly exten?: string | undefined;
}

/** The call of a ring, an announcement or an end: all of its rings. */
export function callOf({ pbxId, linkedId }: CallName): CallName {
  return { pbxId, linkedId };
}

/** The rings of a call that fit, as a query. */
export function ringsOf({ db }: Pick<Services, "db">, { pbxRingId, exten, ...call }: RingFilter): Query {
  let query = ringsRef(db).where("callKey", "==", buildCallKey(call));
  if (pbxRingId !== undefined) query = query.where("pbxRingId", "==", pbxRingId);
  if (exten !== undefined) query = query.where("exten", "==", exten);
  return query;
}

/** The rings of a call that fit, oldest first. */
export async function findRings(services: Pick<Services, "db">, filter: RingFilter): Promise<readonly StoredRing[]> {
  const { docs } = await ringsOf(services, filter).get();
  return docs.flatMap((doc) => readStored(doc) ?? []).toSorted(byCreation);
}

/** A listener for one ring: as it stands now and whenever it changes, `undefined` when it is not on record. */
export function subscribeToRing({ db }: Pick<Services, "db">, ringId: string): Subscribe<StoredRing | undefined> {
  return (onNext, onError) => ringRef(db, ringId).onSnapshot((snapshot) => onNext(readStored(snapshot)), onError);
}

/** Orders rings by when Firestore took them. */
export function byCreation(one: StoredRing, other: StoredRing): number {
  return isCreatedBefore(one, other) ? -1 : 1;
}

/** Whether a ring was created before another; of two created in the same microsecond the id decides. */
export function isCreatedBefore(one: StoredRing, other: StoredRing): boolean {
  const [here, there] = [one.createTime.valueOf(), other.createTime.valueOf()];
  return here === there ? one.id < other.id : here < there;
}
