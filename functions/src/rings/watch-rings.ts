import { Timestamp } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { readRing, ringsRef, type Ring } from "./ring.ts";

/** Options of {@link watchRings}. */
export interface RingWatch {
  /** Only rings that began then or later, in milliseconds since the epoch. */
  readonly since: number;
  /** `changedAt` is Firestore's time of the last change, in milliseconds since the epoch. */
  readonly onRing: (ringId: string, ring: Ring, changedAt: number) => void;
  /** Nothing is reported after it. */
  readonly onError: (error: Error) => void;
}

/** Calls `onRing` for every ring now and after each change; returns a function that stops this. */
export function watchRings({ db }: Services, { since, onRing, onError }: RingWatch): () => void {
  const begun = ringsRef(db).where("createdAt", ">=", Timestamp.fromMillis(since)).orderBy("createdAt");
  return begun.onSnapshot((snapshot) => {
    for (const { type, doc } of snapshot.docChanges()) {
      if (type !== "removed") onRing(doc.id, readRing(doc), doc.updateTime.toMillis());
    }
  }, onError);
}
